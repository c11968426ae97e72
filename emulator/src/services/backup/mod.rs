//! AWS Backup: being built.

use wavetank_wire::WireError;
use wavetank_wire::backup::{Request, Response};

use super::{AwsError, Service};
use crate::world::{Answer, Cx};

/// AWS Backup of one account and region.
#[derive(Debug, Default)]
pub struct Backup {}

/// Why it refuses.
#[derive(Debug)]
pub struct NotBuilt(String);

impl AwsError for NotBuilt {
    fn wire(&self) -> WireError {
        WireError::not_implemented(&self.0)
    }
}

impl Service for Backup {
    type Request = Request;
    type Response = Response;
    type Error = NotBuilt;

    fn call(&mut self, _cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, NotBuilt> {
        Err(NotBuilt(request.operation().to_owned()))
    }
}
