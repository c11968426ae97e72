//! SNS: nothing is built yet; each operation answers `NotImplemented`, by its name.

use wavetank_wire::WireError;
use wavetank_wire::sns::{Request, Response};

use super::{AwsError, Service};
use crate::world::{Answer, Cx};

/// The service of one account and region.
#[derive(Debug, Default)]
pub struct Sns;

/// Why an operation refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not built: {0}")]
pub struct NotBuilt(&'static str);

impl AwsError for NotBuilt {
    fn wire(&self) -> WireError {
        WireError::not_implemented(self.0)
    }
}

impl Service for Sns {
    type Request = Request;
    type Response = Response;
    type Error = NotBuilt;

    fn call(&mut self, _cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, NotBuilt> {
        Err(NotBuilt(request.operation()))
    }
}
