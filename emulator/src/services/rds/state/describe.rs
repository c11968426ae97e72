//! DescribeDBInstances, and what is shown of an instance.

use wavetank_wire::rds as w;

use super::clusters::cluster_of;
use super::{Instance, Rds, Status, page, passes};
use crate::services::rds::RdsError;

impl Rds {
    pub(in super::super) fn describe_instances(
        &self,
        input: &w::DescribeDBInstancesInput,
    ) -> Result<w::DescribeDBInstancesOutput, RdsError> {
        let mut found = Vec::new();
        match &input.db_instance_identifier {
            Some(name) => found.push(self.find(name)?),
            None => {
                let all = self.instances.iter().filter(|(key, _)| cluster_of(key).is_none());
                found.extend(all.map(|(_, instance)| instance));
            }
        }
        let mut passed = Vec::new();
        for instance in found {
            let of = |filter: &str| {
                Some(match filter {
                    "db-instance-id" => Some(instance.name()),
                    "dbi-resource-id" => Some(instance.home()),
                    "engine" => instance.shown.engine.as_deref(),
                    "db-cluster-id" => instance.cluster(),
                    "domain" => None,
                    _ => return None,
                })
            };
            if passes(input.filters.as_ref(), of)? {
                passed.push(self.show(instance));
            }
        }
        let (db_instances, marker) = page(passed.into_iter(), input.marker.as_deref(), input.max_records)?;
        Ok(w::DescribeDBInstancesOutput { marker, db_instances: Some(db_instances) })
    }

    /// An instance as it is shown.
    pub(super) fn show(&self, instance: &Instance) -> w::DBInstance {
        let mut shown = instance.shown.clone();
        shown.db_instance_status = Some(instance.status.name().to_owned());
        shown.tag_list = Some(self.tag_list(instance.arn()));
        // An instance of a cluster is where its server is, and stands still with it.
        if let Some(server) = instance.cluster().and_then(|cluster| self.server(cluster).ok())
            && !matches!(instance.status, Status::Creating | Status::Deleting)
        {
            shown.endpoint.clone_from(&server.shown.endpoint);
            if matches!(server.status, Status::Starting | Status::Stopping | Status::Stopped | Status::Failed)
            {
                shown.db_instance_status = Some(server.status.name().to_owned());
            }
        }
        shown
    }
}
