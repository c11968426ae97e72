//! [`Command`]s of other services, by the same methods as requests over HTTP.

use std::sync::Arc;

use wavetank_wire::{Val, WireError};

use super::body::Body;
use super::digest::Digested;
use super::error::Refusal;
use super::object::{Headers, Object, WriteConditions};
use super::{Command, S3};
use crate::services::AwsError as _;
use crate::world::Cx;

impl S3 {
    /// Does what another service asks. Answers a map of the members that the command's own words promise.
    pub fn perform(&mut self, cx: &mut Cx<'_>, command: Command) -> Result<Val, WireError> {
        self.try_perform(cx, command).map_err(|refusal| refusal.wire())
    }

    fn try_perform(&mut self, cx: &mut Cx<'_>, command: Command) -> Result<Val, Refusal> {
        match command {
            Command::CreateBucket { bucket } => {
                let region = cx.scope.region.clone();
                let location = Some(region.as_str()).filter(|region| *region != "us-east-1");
                self.create_bucket(cx, &bucket, location)?;
                Ok(map([("Location", format!("/{bucket}"))]))
            }
            Command::DeleteBucket { bucket } => self.delete_bucket(cx, &bucket).map(|()| Val::Null),
            Command::HeadBucket { bucket } => {
                let region = self.bucket(cx, &bucket)?.region.to_string();
                Ok(map([("BucketRegion", region)]))
            }
            Command::PutBucketConfiguration { bucket, configuration } => {
                self.configure(cx, &bucket, configuration).map(|()| Val::Null)
            }
            Command::DeleteBucketPolicy { bucket } => {
                self.unsay(cx, &bucket, |said| said.policy = None).map(|()| Val::Null)
            }
            Command::PutObject { bucket, key, body, content_type } => {
                let body = Body::from(body);
                let digested = Digested::of(body.chunks(), None);
                self.put_body(cx, &bucket, &key, body, digested, content_type)
            }
            Command::PutDigested { bucket, key, body, content_type, md5 } => {
                let digested = Digested { md5, checksum: None };
                self.put_body(cx, &bucket, &key, body.into(), digested, content_type)
            }
            Command::GetObject { bucket, key } => {
                let object = self.find(cx, &bucket, &key, None)?.object;
                Ok(Val::Map(vec![
                    ("Body".to_owned(), Val::Blob(object.body.whole())),
                    ("ETag".to_owned(), Val::Str(object.etag.clone())),
                    ("ContentType".to_owned(), Val::Str(object.content_type().to_owned())),
                    ("ContentLength".to_owned(), Val::Int(object.size() as i64)),
                ]))
            }
            Command::DeleteObject { bucket, key } => {
                self.delete_object(cx, &bucket, &key, None, None).map(|_| Val::Null)
            }
            Command::DeleteObjects { bucket, keys } => {
                for key in &keys {
                    self.delete_object(cx, &bucket, key, None, None)?;
                }
                Ok(Val::Null)
            }
        }
    }

    fn put_body(
        &mut self,
        cx: &mut Cx<'_>,
        bucket: &str,
        key: &str,
        body: Body,
        digested: Digested,
        content_type: String,
    ) -> Result<Val, Refusal> {
        let headers = Headers { content_type: Some(content_type), ..Headers::default() };
        let object = Arc::new(Object::new(headers, body, digested));
        let etag = object.etag.clone();
        let none = WriteConditions::default();
        let stored = self.put_object(cx, bucket, key, object, &none, "ObjectCreated:Put")?;
        let version = stored.version_id.map(|id| ("VersionId", id));
        Ok(map([("ETag", etag)].into_iter().chain(version)))
    }
}

fn map(entries: impl IntoIterator<Item = (&'static str, String)>) -> Val {
    Val::Map(entries.into_iter().map(|(key, text)| (key.to_owned(), Val::Str(text))).collect())
}
