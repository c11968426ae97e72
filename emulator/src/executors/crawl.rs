//! Looks at what a crawler is pointed at: lists and reads the tank's S3.
//!
//! What is inferred from it is the service's: `services/glue/crawl/`.

use std::time::Duration;

use bytes::Bytes;

use super::Door;
use crate::services::glue::{CrawlOutput, CrawlWork, Listed, LookError, Objects, look, look_duration};
use crate::world::{Outcome, Output};

/// The tank's S3, as a crawler sees it.
struct TankObjects(Door);

impl Objects for TankObjects {
    fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<Listed>, LookError> {
        let found = self.0.list_objects(bucket, prefix).map_err(|error| LookError::Refused(error.message))?;
        Ok(found.into_iter().map(|object| Listed { key: object.key, size: object.size }).collect())
    }

    fn read(&self, bucket: &str, key: &str) -> Result<Bytes, LookError> {
        self.0.get_object(bucket, key).map_err(|error| LookError::Refused(error.message))
    }
}

pub(super) async fn run(door: Door, work: CrawlWork) -> Outcome {
    let at = door.clone();
    let looked = door.blocking(move || look(&TankObjects(at), &work)).await;
    let output = looked.unwrap_or_else(|_| CrawlOutput {
        failure: Some("Internal Service Exception".to_owned()),
        ..CrawlOutput::default()
    });
    let duration: Duration = look_duration(&output);
    Outcome { duration, output: Output::Crawl(output) }
}
