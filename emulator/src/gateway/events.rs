//! A stream of events as the body of an answer: each event is a frame, sent as it comes. Dropping the body closes it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::Response;
use http_body::Frame;
use s3s::Body;
use wavetank_wire::WireError;
use wavetank_wire::codec::{encode_error, event_stream};
use wavetank_wire::route::Route;
use wavetank_wire::schema::{Service, Shape};

use crate::driver::EventStream;

/// The answer to a request that is answered by events.
pub(super) fn answer(route: &Route, events: EventStream, request_id: &str) -> Response<Body> {
    let (service, operation) = (route.service, route.operation);
    let Some(union) = service.event_stream(operation.name) else {
        let why = format!("{} {} as a stream of events", service.name, operation.name);
        return encode_error(service, &WireError::not_implemented(&why), request_id).map(Body::from);
    };
    let events = Events { service, union, has_begun: false, events: Some(events) };
    event_stream::head(request_id).map(|()| Body::http_body(events))
}

struct Events {
    service: &'static Service,
    union: &'static Shape,
    has_begun: bool,
    /// None after the last.
    events: Option<EventStream>,
}

impl http_body::Body for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut();
        if !body.has_begun {
            body.has_begun = true;
            return frame(event_stream::initial_response(body.service));
        }
        let Some(events) = &mut body.events else { return Poll::Ready(None) };
        match events.poll_next(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Ok(event))) => frame(event_stream::event(body.service, body.union, &event)),
            Poll::Ready(Some(Err(error))) => {
                body.events = None;
                frame(event_stream::failure(body.service, body.union, &error))
            }
            Poll::Ready(None) => {
                body.events = None;
                Poll::Ready(None)
            }
        }
    }
}

fn frame(bytes: Bytes) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
    Poll::Ready(Some(Ok(Frame::data(bytes))))
}
