//! Objects as values, for a client in this process that has no use for the bytes between: a request by HTTP without HTTP.
//!
//! The same refusals, faults and records of calls. Left out: everything but whole objects and their listing.

use std::sync::Arc;

use bytes::Bytes;
use wavetank_types::Timestamp;
use wavetank_wire::WireError;

use super::super::Gateway;
use super::objects::CHECKSUM_DEFAULT;
use crate::executors::ObjectMeta;
use crate::services::AwsError as _;
use crate::services::s3::body::Body;
use crate::services::s3::digest::Digested;
use crate::services::s3::error::Refusal;
use crate::services::s3::object::{Headers, Object, WriteConditions};
use crate::services::s3::{ListRequest, S3};
use crate::world::{Cx, Scope};

/// What an SDK says of a body whose kind it was not told.
const UNTOLD: &str = "application/octet-stream";

impl Gateway {
    /// Stores an object.
    pub fn put_object(
        &self,
        scope: &Scope,
        bucket: &str,
        key: &str,
        content: Bytes,
    ) -> Result<(), WireError> {
        let body = Body::from(content);
        let digested = Digested::of(body.chunks(), Some(CHECKSUM_DEFAULT));
        let headers = Headers { content_type: Some(UNTOLD.to_owned()), ..Headers::default() };
        let object = Arc::new(Object::new(headers, body, digested));
        let any = WriteConditions::default();
        self.ask_s3(scope, "PutObject", |s3, cx| {
            s3.put_object(cx, bucket, key, Arc::clone(&object), &any, "ObjectCreated:Put").map(drop)
        })
    }

    /// An object's content.
    pub fn get_object(&self, scope: &Scope, bucket: &str, key: &str) -> Result<Bytes, WireError> {
        let found = self.ask_s3(scope, "GetObject", |s3, cx| s3.find(cx, bucket, key, None))?;
        Ok(found.object.body.whole())
    }

    /// Every object under a prefix, in the order of their keys; times in whole seconds, as listings have them.
    pub fn list_objects(
        &self,
        scope: &Scope,
        bucket: &str,
        prefix: &str,
    ) -> Result<Vec<ObjectMeta>, WireError> {
        let request =
            ListRequest { prefix: prefix.to_owned(), entries_max: usize::MAX, ..ListRequest::default() };
        let page = self.ask_s3(scope, "ListObjectsV2", |s3, cx| s3.list_objects(cx, bucket, &request))?;
        let meta = |entry: crate::services::s3::Listed| ObjectMeta {
            size: entry.object.size(),
            etag: entry.object.etag.clone(),
            last_modified: Timestamp::from_secs(entry.modified.secs()),
            key: entry.key,
        };
        Ok(page.entries.into_iter().map(meta).collect())
    }

    fn ask_s3<R>(
        &self,
        scope: &Scope,
        operation: &'static str,
        mut act: impl FnMut(&mut S3, &mut Cx<'_>) -> Result<R, Refusal>,
    ) -> Result<R, WireError> {
        let tank = self.tank();
        let answer = tank.s3(scope, scope.account.as_str(), operation, |s3, cx| {
            act(s3, cx).map_err(|refusal| refusal.wire())
        });
        let status = answer.as_ref().map_or_else(|error| error.status, |_| 200);
        let code = answer.as_ref().err().map(|error| error.code.clone());
        self.0.calls.add(tank.clock_now(), "s3", operation, status, code);
        answer
    }
}
