//! Amazon Data Firehose: delivery streams from direct puts or a Kinesis stream to S3 or an HTTP endpoint of this machine.
//!
//! Records go through AWS's steps in AWS's order: what the Kinesis Producer Library packed comes apart, backup, decompression
//! and log messages, taking apart, a function, sorting into partitions, a buffer by size or interval, Parquet or ORC,
//! compression. None is lost on the way: what cannot be worked on becomes a document under the error prefix, what S3 refuses
//! is tried again for 24 hours.
//! Left out: other destinations and sources (refused by name), metrics, keys of KMS (their settings are kept). Puts are
//! throttled with strict limits only.
//! Time: a new stream is `CREATING` for [`limits::TRANSITION`]; a buffer is flushed when it is full or its interval has
//! passed since its first record; an object is there at that very instant.
//! Start with `state.rs`, then `state/flow.rs` and `state/deliver.rs`. The heavy work is in `work.rs`, run as jobs.

mod documents;
mod error;
mod java_time;
mod kpl;
pub mod limits;
mod prefix;
#[cfg(test)]
mod props;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod work;

use wavetank_types::Timestamp;
use wavetank_wire::firehose::{Request, Response};

use super::Service;
use crate::world::{Answer, Cx, Delivery};

pub use error::{Argument, Refusal};
pub use state::Firehose;
pub use work::{ConvertOutput, ConvertWork};

impl Service for Firehose {
    type Request = Request;
    type Response = Response;
    type Error = Refusal;

    fn call(&mut self, cx: &mut Cx<'_>, request: Request) -> Result<Answer<Response>, Refusal> {
        Ok(Answer::Now(match request {
            Request::PutRecord(input) => Response::PutRecord(self.put_record(cx, input)?),
            Request::PutRecordBatch(input) => Response::PutRecordBatch(self.put_record_batch(cx, input)?),
            Request::CreateDeliveryStream(input) => {
                Response::CreateDeliveryStream(self.create_delivery_stream(cx, input)?)
            }
            Request::DeleteDeliveryStream(input) => {
                Response::DeleteDeliveryStream(self.delete_delivery_stream(cx, &input)?)
            }
            Request::UpdateDestination(input) => {
                Response::UpdateDestination(self.update_destination(cx, input)?)
            }
            Request::DescribeDeliveryStream(input) => {
                Response::DescribeDeliveryStream(self.describe_delivery_stream(cx, &input)?)
            }
            Request::ListDeliveryStreams(input) => {
                Response::ListDeliveryStreams(self.list_delivery_streams(&input))
            }
            Request::TagDeliveryStream(input) => {
                Response::TagDeliveryStream(self.tag_delivery_stream(cx, input)?)
            }
            Request::UntagDeliveryStream(input) => {
                Response::UntagDeliveryStream(self.untag_delivery_stream(cx, &input)?)
            }
            Request::ListTagsForDeliveryStream(input) => {
                Response::ListTagsForDeliveryStream(self.list_tags_for_delivery_stream(cx, &input)?)
            }
            Request::StartDeliveryStreamEncryption(input) => {
                Response::StartDeliveryStreamEncryption(self.start_delivery_stream_encryption(cx, input)?)
            }
            Request::StopDeliveryStreamEncryption(input) => {
                Response::StopDeliveryStreamEncryption(self.stop_delivery_stream_encryption(cx, &input)?)
            }
        }))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        Firehose::next_deadline(self)
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        Firehose::tick(self, cx);
    }

    fn deliver(&mut self, cx: &mut Cx<'_>, delivery: Delivery) {
        Firehose::deliver(self, cx, delivery);
    }
}
