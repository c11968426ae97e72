//! AWS::Scheduler::Schedule and AWS::Scheduler::ScheduleGroup.

use std::collections::BTreeMap;

use wavetank_wire::scheduler::{self, schema};

use super::properties::Properties;
use super::shape::Form;
use super::{Ask, Existing, Kind, Made, Make, Plan, Property, Reason, Spec, TagStyle, Update, tags};

/// Longest name, in characters. Model.
const NAME_MAX: usize = 64;

/// A schedule. `Ref`: its name.
pub(super) struct Schedule;

static SCHEDULE: Spec = Spec {
    name: "AWS::Scheduler::Schedule",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Description", form: Form::Scalar, update: Update::InPlace },
        Property { name: "EndDate", form: Form::Scalar, update: Update::InPlace },
        Property {
            name: "FlexibleTimeWindow",
            form: Form::Api(&schema::FLEXIBLE_TIME_WINDOW),
            update: Update::InPlace,
        },
        Property { name: "GroupName", form: Form::Scalar, update: Update::InPlace },
        Property { name: "KmsKeyArn", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ScheduleExpression", form: Form::Scalar, update: Update::InPlace },
        Property { name: "ScheduleExpressionTimezone", form: Form::Scalar, update: Update::InPlace },
        Property { name: "StartDate", form: Form::Scalar, update: Update::InPlace },
        Property { name: "State", form: Form::Scalar, update: Update::InPlace },
        Property { name: "Target", form: Form::Api(&schema::TARGET), update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::None,
};

fn group(properties: &Properties<'_>) -> Option<String> {
    properties.text("GroupName")
}

impl Kind for Schedule {
    fn spec(&self) -> &'static Spec {
        &SCHEDULE
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(NAME_MAX));
        let input: scheduler::CreateScheduleInput =
            properties.as_input(&schema::CREATE_SCHEDULE_INPUT, &[], &[("Name", name.clone().into())])?;
        let group = group(properties).unwrap_or_else(|| "default".to_owned());
        let made = Made::new(&name).with("Arn", make.arn("scheduler", format!("schedule/{group}/{name}")));
        Ok(Plan { made, asks: vec![Ask::to::<scheduler::CreateSchedule>(input)] })
    }

    /// A schedule that changes its group is another: it is made there, and removed here.
    fn update(&self, make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = old.made.physical_id.clone();
        let before = Properties { entries: &old.properties, logical: properties.logical };
        let named = [("Name", name.clone().into())];
        if group(&before) != group(properties) {
            let input = properties.as_input(&schema::CREATE_SCHEDULE_INPUT, &[], &named)?;
            let mut asks = vec![Ask::to::<scheduler::CreateSchedule>(input)];
            asks.extend(self.delete(make, old));
            let group = group(properties).unwrap_or_else(|| "default".to_owned());
            let made =
                Made::new(&name).with("Arn", make.arn("scheduler", format!("schedule/{group}/{name}")));
            return Ok(Plan { made, asks });
        }
        let input = properties.as_input(&schema::UPDATE_SCHEDULE_INPUT, &[], &named)?;
        Ok(Plan { made: old.made.clone(), asks: vec![Ask::to::<scheduler::UpdateSchedule>(input)] })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let before = Properties { entries: &old.properties, logical: "" };
        let input = scheduler::DeleteScheduleInput {
            name: old.made.physical_id.clone(),
            group_name: group(&before),
            client_token: None,
        };
        vec![Ask::to::<scheduler::DeleteSchedule>(input).or_absent()]
    }
}

/// A group of schedules. `Ref`: its name.
pub(super) struct ScheduleGroup;

static SCHEDULE_GROUP: Spec = Spec {
    name: "AWS::Scheduler::ScheduleGroup",
    properties: &[
        Property { name: "Name", form: Form::Scalar, update: Update::Replace },
        Property { name: "Tags", form: Form::Tags, update: Update::InPlace },
    ],
    attributes: &["Arn"],
    unbuilt: &[],
    name_property: Some("Name"),
    tags: TagStyle::List,
};

fn tag_list(tags: BTreeMap<String, String>) -> Vec<scheduler::Tag> {
    tags.into_iter().map(|(key, value)| scheduler::Tag { key, value }).collect()
}

impl Kind for ScheduleGroup {
    fn spec(&self) -> &'static Spec {
        &SCHEDULE_GROUP
    }

    fn create(&self, make: &Make<'_>, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let name = properties.text("Name").unwrap_or_else(|| make.name(NAME_MAX));
        let tags = Some(tag_list(properties.tags())).filter(|tags| !tags.is_empty());
        let input = scheduler::CreateScheduleGroupInput { name: name.clone(), tags, client_token: None };
        let made = Made::new(&name).with("Arn", make.arn("scheduler", format!("schedule-group/{name}")));
        Ok(Plan { made, asks: vec![Ask::to::<scheduler::CreateScheduleGroup>(input)] })
    }

    fn update(&self, _make: &Make<'_>, old: &Existing, properties: &Properties<'_>) -> Result<Plan, Reason> {
        let change = tags::change(old, &properties.tags());
        let resource_arn = old.made.attribute("Arn").to_owned();
        let mut asks = Vec::new();
        if !change.set.is_empty() {
            let tags = tag_list(change.set);
            let input = scheduler::TagResourceInput { resource_arn: resource_arn.clone(), tags };
            asks.push(Ask::to::<scheduler::TagResource>(input));
        }
        if !change.remove.is_empty() {
            let input = scheduler::UntagResourceInput { resource_arn, tag_keys: change.remove };
            asks.push(Ask::to::<scheduler::UntagResource>(input));
        }
        Ok(Plan { made: old.made.clone(), asks })
    }

    fn delete(&self, _make: &Make<'_>, old: &Existing) -> Vec<Ask> {
        let name = old.made.physical_id.clone();
        let input = scheduler::DeleteScheduleGroupInput { name, client_token: None };
        vec![Ask::to::<scheduler::DeleteScheduleGroup>(input).or_absent()]
    }
}
