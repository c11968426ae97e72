//! What a run on an account would make, take and cost, before anything is made there: the same run on a tank in this process.
//!
//! The tank has no faults of the scenario, since the account will have none, and knows nothing of the account: its requests carry
//! its own made-up credentials and never leave the process.
//! Left out: what the estimate of a report leaves out, and what a slower run on AWS costs more.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Serialize;
use wavetank_scenarios::{Scenario, hyphenated};
use wavetank_types::Seed;
use wavetank_wire::WireError;

use crate::client::Aws;
use crate::cost::{self, Cost};
use crate::progress::Silent;
use crate::run::{RunError, RunOptions, run};
use crate::sweep::traces;
use crate::target::Embedded;

/// What the run on the tank has shown.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Resources of the stack, by type.
    pub resources: BTreeMap<String, u64>,
    /// What it costs.
    pub cost: Cost,
    /// How long it took in the tank's time, in seconds: on AWS it is real time.
    pub takes_s: u64,
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub enum EstimateError {
    /// The run on the tank has no report.
    #[error("the run on a tank, which tells what it would cost, does not come to its end: {0}")]
    Run(#[from] RunError),
    /// The stack cannot be listed.
    #[error(
        "the stack on a tank cannot be listed: {0}\nhint: this is an error of wavetank; please report it"
    )]
    List(#[from] WireError),
    /// The estimate would be too low.
    #[error(
        "there is no price for {0}, so that no budget can be kept\nhint: harness/src/cost/prices.toml has the prices; choose a class that is in it"
    )]
    Unpriced(String),
}

/// Runs the scenario on a tank and tells what it took.
pub async fn estimate(scenario: &Scenario, options: &RunOptions) -> Result<Estimate, EstimateError> {
    let target = Embedded::new(Seed(options.seed));
    let options = RunOptions { without_own_faults: true, look: false, stack: None, ..options.clone() };
    // Boxed: the future of a run is large, and there may be another beside it.
    let report = Box::pin(run(scenario, &target, &options, &Silent)).await?;
    if let Some(name) = report.cost.unpriced.first() {
        return Err(EstimateError::Unpriced(name.clone()));
    }
    let aws = Aws::new(&target, &scenario.region);
    let mut resources = BTreeMap::new();
    for resource in traces::resources(aws, &scenario.stack_name()).await? {
        *resources.entry(resource.kind).or_default() += 1;
    }
    let takes_s = u64::try_from(report.tank_ms / 1_000).unwrap_or(u64::MAX);
    Ok(Estimate { resources, cost: report.cost, takes_s })
}

/// What a person consents to with an account and a budget.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// The scenario's name.
    pub scenario: String,
    /// The account.
    pub account: String,
    /// Where its credentials come from.
    pub credentials: String,
    /// Where requests go, if not to AWS itself.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// The stack's name; empty if things are made without one.
    pub stack: String,
    /// The tags of the stack, and of all in it that takes tags.
    pub tags: BTreeMap<String, String>,
    /// What the tank has shown.
    pub estimate: Estimate,
    /// US dollars that may be spent, if that was said.
    pub budget_usd: Option<f64>,
    /// What of the scenario is not run there, and why.
    pub not_run: Vec<String>,
}

/// The estimate is over the budget.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error(
    "about {usd:.4} USD would be spent, and the budget is {budget_usd:.2} USD: nothing was created\nhint: ask for less (--rows, or --services of a comparison), or a larger --budget"
)]
pub struct OverBudget {
    /// The estimate.
    pub usd: f64,
    /// The budget.
    pub budget_usd: f64,
}

impl Plan {
    /// Refuses what costs more than it may.
    pub fn check_budget(&self) -> Result<(), OverBudget> {
        let usd = self.estimate.cost.usd();
        match self.budget_usd {
            Some(budget_usd) if usd > budget_usd => Err(OverBudget { usd, budget_usd }),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scenario, account, credentials, region, stack, estimate, .. } = self;
        writeln!(f, "plan of {scenario} on aws")?;
        writeln!(f, "  account    {account}, with the credentials of {credentials}")?;
        if let Some(endpoint) = &self.endpoint {
            writeln!(f, "  endpoint   {endpoint}, by AWS_ENDPOINT_URL: this is not AWS")?;
        }
        writeln!(f, "  region     {region}")?;
        if !stack.is_empty() {
            writeln!(f, "  stack      {stack}")?;
        }
        let tags: Vec<String> = self.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        writeln!(f, "  tags       {}", tags.join(", "))?;
        for (at, (kind, count)) in estimate.resources.iter().enumerate() {
            let head = if at == 0 { "creates" } else { "" };
            writeln!(f, "  {head:<9} {count:>2} {kind}")?;
        }
        writeln!(f, "  takes      about {}, as the same run took on a tank", span(estimate.takes_s))?;
        let cost = &estimate.cost;
        writeln!(f, "  cost       about {:.4} USD (prices of {}), of which", cost.usd(), cost.as_of)?;
        for item in cost.items.iter().filter(|item| item.usd >= 0.000_05) {
            writeln!(f, "             {:<24} {:>12.3} {:>10.4}", item.name, item.quantity, item.usd)?;
        }
        writeln!(f, "             without {}", cost::WITHOUT.0)?;
        match self.budget_usd {
            Some(budget) => writeln!(f, "  budget     {budget:.2} USD")?,
            None => writeln!(f, "  budget     not said: a run needs --budget USD")?,
        }
        for not_run in &self.not_run {
            writeln!(f, "  not run    {not_run}")?;
        }
        writeln!(f, "  afterwards all of it is removed")
    }
}

/// A span of time as people say it.
fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        _ => {
            let (hours, minutes) = (seconds / 3_600, seconds % 3_600 / 60);
            format!("{hours} h {minutes} min")
        }
    }
}

/// The same of a wait.
pub(crate) fn said(wait: Duration) -> String {
    span(wait.as_secs())
}

/// The tags of a run's stack.
pub fn tags(run: &str, scenario: &str, seed: u64) -> BTreeMap<String, String> {
    let values = [run.to_owned(), tag_value(scenario), seed.to_string()];
    crate::sweep::TAGS.iter().map(|name| (*name).to_owned()).zip(values).collect()
}

/// What a tag's value may hold. Documented:
/// docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-resource-tags.html.
fn tag_value(text: &str) -> String {
    let fits = |c: char| if c.is_alphanumeric() || " _.:/=+-@".contains(c) { c } else { '-' };
    text.chars().take(256).map(fits).collect()
}

/// A stack's name that no other run has: `wavetank-trades-1f0c93a7`.
///
/// Documented, the form: docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html (128 characters).
pub fn stack_name(scenario: &str, run: &str) -> String {
    let words: String = scenario.chars().take(60).collect();
    format!("wavetank-{}-{run}", hyphenated(&words))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::cost::Item;

    fn plan() -> Plan {
        let item = |name: &str, quantity: f64, usd: f64| Item { name: name.to_owned(), quantity, usd };
        Plan {
            scenario: "trades".to_owned(),
            account: "123456789012".to_owned(),
            credentials: "profile `work`".to_owned(),
            endpoint: None,
            region: "eu-west-1".to_owned(),
            stack: stack_name("trades", "1f0c93a7"),
            tags: tags("1f0c93a7", "trades", 7),
            estimate: Estimate {
                resources: BTreeMap::from([
                    ("AWS::IAM::Role".to_owned(), 1),
                    ("AWS::Kinesis::Stream".to_owned(), 2),
                ]),
                cost: Cost {
                    as_of: "2026-11-20".to_owned(),
                    items: vec![item("kinesis_shard_hour", 2.0, 0.036), item("s3_get", 3.0, 0.000_001_2)],
                    unpriced: Vec::new(),
                },
                takes_s: 640,
            },
            budget_usd: Some(1.0),
            not_run: vec!["faults: AWS has none".to_owned()],
        }
    }

    #[test]
    fn a_plan_says_where_what_how_long_and_how_much() {
        expect![[r#"
            plan of trades on aws
              account    123456789012, with the credentials of profile `work`
              region     eu-west-1
              stack      wavetank-trades-1f0c93a7
              tags       wavetank:run=1f0c93a7, wavetank:scenario=trades, wavetank:seed=7
              creates    1 AWS::IAM::Role
                         2 AWS::Kinesis::Stream
              takes      about 11 min, as the same run took on a tank
              cost       about 0.0360 USD (prices of 2026-11-20), of which
                         kinesis_shard_hour              2.000     0.0360
                         without storage in S3, data transfer, metrics and alarms, secrets, requests that services make of each other
              budget     1.00 USD
              not run    faults: AWS has none
              afterwards all of it is removed
        "#]]
        .assert_eq(&plan().to_string());
    }

    #[test]
    fn what_costs_more_than_it_may_is_refused_with_both_numbers() {
        assert_eq!(plan().check_budget(), Ok(()));
        let said = Plan { budget_usd: Some(0.03), ..plan() }.check_budget().unwrap_err().to_string();
        assert!(said.contains("0.0360 USD") && said.contains("0.03 USD") && said.contains("hint:"), "{said}");
    }

    #[test]
    fn names_and_tags_are_of_the_form_that_aws_takes() {
        assert_eq!(stack_name("../my scenario_2", "ab"), "wavetank-my-scenario-2-ab");
        assert_eq!(tags("r", "a*b", 1)["wavetank:scenario"], "a-b");
        assert!(stack_name(&"x".repeat(300), "ab").len() <= 128);
    }

    #[tokio::test]
    async fn the_estimate_is_that_of_the_same_run_on_a_tank() {
        let scenario = Scenario::open("table-design").unwrap();
        let options = RunOptions { rows: Some(50), seed: 7, ..RunOptions::default() };
        let found = estimate(&scenario, &options).await.unwrap();
        assert_eq!(found.resources, BTreeMap::from([("AWS::DynamoDB::Table".to_owned(), 1)]));
        assert!(found.cost.usd() > 0.0, "{found:?}");
        assert_eq!(found, estimate(&scenario, &options).await.unwrap());
    }
}
