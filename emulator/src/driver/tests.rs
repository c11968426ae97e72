//! Streams of events and many deadlines, with a service of the test's own in Kinesis's place: it has an event each second
//! for each stream that is open. Over HTTP/1.1, HTTP/2 and in-process.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use wavetank_types::Timestamp;
use wavetank_wire::codec::encode_request;
use wavetank_wire::codec::event_stream::{Received, read};
use wavetank_wire::kinesis::{
    self, SubscribeToShardEvent, SubscribeToShardEventStream, SubscribeToShardInput,
};
use wavetank_wire::schema::{Protocol, Service as Schema};
use wavetank_wire::sign::sign;
use wavetank_wire::{ToVal as _, Val, WireError};

use super::{Opened, Tank, machine_time};
use crate::connector::Connector;
use crate::server::serve;
use crate::services::{AwsError, Service, ServiceId};
use crate::world::{Address, Answer, Call, Cx, Delivery, Effect, Scope, Ticket};

/// Each open stream has an event at its time, then one each second; the fifth is an error.
#[derive(Debug, Default)]
struct Ticking {
    streams: BTreeMap<Ticket, (Timestamp, i64)>,
    /// How many of its events each reader has taken.
    taken: BTreeMap<Ticket, i64>,
    /// Beside the streams: something to do at each of so many instants, this far apart.
    timers: Option<(Timestamp, Duration, u32)>,
}

fn event(number: i64) -> Val {
    let event = SubscribeToShardEvent { millis_behind_latest: number, ..SubscribeToShardEvent::default() };
    SubscribeToShardEventStream { subscribe_to_shard_event: event, ..SubscribeToShardEventStream::default() }
        .to_val()
}

/// It refuses nothing.
#[derive(Clone, Copy, Debug)]
enum Never {}

impl AwsError for Never {
    fn wire(&self) -> WireError {
        match *self {}
    }
}

impl Service for Ticking {
    type Request = kinesis::Request;
    type Response = kinesis::Response;
    type Error = Never;

    fn call(
        &mut self,
        cx: &mut Cx<'_>,
        request: kinesis::Request,
    ) -> Result<Answer<kinesis::Response>, Never> {
        if let kinesis::Request::DescribeLimits(_) = request {
            let open_shard_count = i64::try_from(self.streams.len()).expect("few");
            let shard_limit = self.taken.values().sum();
            let limits =
                kinesis::DescribeLimitsOutput { open_shard_count, shard_limit, ..Default::default() };
            return Ok(Answer::Now(kinesis::Response::DescribeLimits(limits)));
        }
        let ticket = cx.ticket();
        cx.push(Effect::Event(ticket, Ok(event(0))));
        self.streams.insert(ticket, (cx.now + Duration::from_secs(1), 1));
        Ok(Answer::Stream(ticket))
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        let timer = self.timers.filter(|(_, _, left)| *left > 0).map(|(at, _, _)| at);
        self.streams.values().map(|(at, _)| *at).chain(timer).min()
    }

    fn tick(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now;
        if let Some((at, apart, left)) = self.timers.as_mut().filter(|(at, _, left)| *at <= now && *left > 0)
        {
            (*at, *left) = (*at + *apart, *left - 1);
        }
        self.streams.retain(|ticket, (at, number)| {
            if *at > now {
                return true;
            }
            let said = if *number < 4 {
                Ok(event(*number))
            } else {
                Err(WireError::client("ResourceInUseException", "enough"))
            };
            cx.push(Effect::Event(*ticket, said));
            (*at, *number) = (*at + Duration::from_secs(1), *number + 1);
            *number < 5
        });
    }

    fn deliver(&mut self, _: &mut Cx<'_>, delivery: Delivery) {
        match delivery {
            Delivery::Taken(ticket) => *self.taken.entry(ticket).or_default() += 1,
            Delivery::Closed(ticket) => assert!(self.streams.remove(&ticket).is_some(), "it was open"),
            other => panic!("{other:?}"),
        }
    }
}

fn address() -> Address {
    Address { service: ServiceId::Kinesis, scope: Scope::default() }
}

fn tank() -> Tank {
    let tank = Tank::builder().build();
    tank.with_world(|world| world.install(address(), Box::new(Ticking::default())));
    tank
}

async fn open(tank: &Tank) -> super::EventStream {
    let input = SubscribeToShardInput::default().to_val();
    let call = Call { to: address(), access_key: String::new(), operation: "SubscribeToShard", input };
    match tank.open(&kinesis::SERVICE, call).await {
        Ok(Opened::Events(events)) => events,
        other => panic!("{other:?}"),
    }
}

/// How many streams are open, and how many events their readers have taken, those that are open still.
async fn open_and_taken(tank: &Tank) -> (i64, i64) {
    let (scope, input) = (Scope::default(), kinesis::DescribeLimitsInput {});
    let said = tank.request::<kinesis::DescribeLimits>(&scope, input).await.expect("an answer");
    (said.open_shard_count, said.shard_limit)
}

async fn open_streams(tank: &Tank) -> i64 {
    open_and_taken(tank).await.0
}

#[tokio::test]
async fn events_come_at_their_time_and_an_error_is_the_last() {
    let tank = tank();
    let mut events = open(&tank).await;
    assert_eq!(events.try_next(), Some(Ok(event(0))));
    assert_eq!(events.try_next(), None);
    tank.advance(Duration::from_millis(2_500)).await;
    assert_eq!([events.try_next(), events.try_next()], [Some(Ok(event(1))), Some(Ok(event(2)))]);
    assert_eq!(events.try_next(), None);
    assert!(tank.settle(Duration::from_secs(60)).await);
    assert_eq!(events.next().await, Some(Ok(event(3))));
    assert_eq!(events.next().await, Some(Err(WireError::client("ResourceInUseException", "enough"))));
    assert_eq!(events.next().await, None);
    assert_eq!(open_streams(&tank).await, 0);
}

#[tokio::test]
async fn the_service_hears_of_each_event_that_is_taken_and_of_no_other() {
    let tank = tank();
    let (mut events, _idle) = (open(&tank).await, open(&tank).await);
    tank.advance(Duration::from_millis(1_500)).await;
    assert_eq!(open_and_taken(&tank).await, (2, 0));
    assert_eq!(events.try_next(), Some(Ok(event(0))));
    assert_eq!(events.next().await, Some(Ok(event(1))));
    assert_eq!(events.try_next(), None);
    assert_eq!(open_and_taken(&tank).await, (2, 2));
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_closed_and_costs_nothing_more() {
    let tank = tank();
    let (first, second) = (open(&tank).await, open(&tank).await);
    assert_eq!(open_streams(&tank).await, 2);
    drop(first);
    assert_eq!(open_streams(&tank).await, 1);
    tank.reset();
    drop(second);
    assert!(tank.with_world(|world| world.next_deadline()).is_none());
}

#[tokio::test]
async fn a_reader_sees_each_event_at_its_instant_while_time_is_advanced_elsewhere() {
    let tank = tank();
    let mut events = open(&tank).await;
    let reader = {
        let tank = tank.clone();
        tokio::spawn(async move {
            let mut seen = Vec::new();
            while let Some(Ok(_)) = events.next().await {
                seen.push(tank.now().since(Timestamp::TANK_EPOCH).as_secs());
            }
            seen
        })
    };
    tokio::task::yield_now().await;
    tank.advance(Duration::from_secs(3_600)).await;
    assert_eq!(reader.await.expect("a list"), [0, 1, 2, 3]);
}

#[tokio::test]
async fn an_operation_that_answers_with_events_is_refused_where_only_one_answer_fits() {
    let tank = tank();
    let input = SubscribeToShardInput::default();
    let refused = tank.request::<kinesis::SubscribeToShard>(&Scope::default(), input).await;
    assert_eq!(refused.map_err(|error| error.code), Err("NotImplemented".to_owned()));
    assert_eq!(open_streams(&tank).await, 0);
}

#[tokio::test]
async fn a_day_of_many_timers_is_a_matter_of_steps_and_not_of_services() {
    let tank = tank();
    tank.with_world(|world| {
        for region in 0..100 {
            let region = wavetank_types::Region::new(format!("xx-none-{region}"));
            let idle = Address { scope: Scope { region, ..Scope::default() }, ..address() };
            world.install(idle, Box::new(Ticking::default()));
        }
        let apart = Duration::from_millis(600);
        let timers = Some((Timestamp::TANK_EPOCH, apart, 144_000));
        world.install(address(), Box::new(Ticking { timers, ..Ticking::default() }));
    });
    tank.advance(Duration::from_secs(86_400)).await;
    assert!(tank.with_world(|world| world.next_deadline()).is_none());
}

fn subscribe(service: &'static Schema, endpoint: &str) -> Request<Full<Bytes>> {
    let operation = service.operation("SubscribeToShard").expect("a served operation");
    let input = SubscribeToShardInput {
        consumer_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1".to_owned(),
        shard_id: "shardId-000000000000".to_owned(),
        starting_position: kinesis::StartingPosition { r#type: "LATEST".to_owned(), ..Default::default() },
        ..SubscribeToShardInput::default()
    };
    let mut request = encode_request(service, operation, input.to_val(), endpoint);
    let now = u64::try_from(machine_time().secs()).expect("after 1970");
    sign(&mut request, "kinesis", "us-east-1", "test", "test", None, now);
    request.map(Full::new)
}

/// What has come so far, and nothing that has not: reads frames until there are so many messages.
async fn receive<B>(body: &mut B, service: &'static Schema, count: usize) -> Vec<Received>
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Debug,
{
    let union = service.event_stream("SubscribeToShard").expect("it answers with events");
    let (mut bytes, mut received) = (Vec::new(), Vec::new());
    while received.len() < count {
        let frame = body.frame().await.expect("more to come").expect("a frame");
        bytes.extend(frame.into_data().expect("bytes"));
        let mut input = Bytes::from(std::mem::take(&mut bytes));
        received.extend(read(service, union, &mut input).expect("messages"));
        bytes.extend(input);
    }
    received
}

fn expected(from: i64, to: i64) -> Vec<Received> {
    (from..to).map(|number| Received::Event(event(number))).collect()
}

/// Reads two events, moves time, reads the rest and the end.
async fn converse<B>(tank: &Tank, service: &'static Schema, body: &mut B)
where
    B: http_body::Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Debug,
{
    assert_eq!(receive(body, service, 2).await, [vec![Received::Initial], expected(0, 1)].concat());
    tank.advance(Duration::from_secs(2)).await;
    assert_eq!(receive(body, service, 2).await, expected(1, 3));
    tank.advance(Duration::from_secs(60)).await;
    let enough = Received::Failure(WireError::client("ResourceInUseException", "enough"));
    assert_eq!(receive(body, service, 2).await, [expected(3, 4), vec![enough]].concat());
    // HTTP/2 may tell the end by a frame without bytes.
    assert_eq!(body.collect().await.expect("the end").to_bytes(), Bytes::new());
}

#[tokio::test]
async fn events_reach_clients_over_each_way_in_as_they_come() {
    let cbor = kinesis::SERVICE.speaking(Protocol::AwsCbor11).expect("Java's SDK speaks it");
    for service in [&kinesis::SERVICE, cbor] {
        let tank = tank();
        let gateway = Connector::new(&tank).gateway().clone();
        let request = subscribe(service, "http://localhost:4566");
        let body = request.into_body().collect().await.expect("bytes").to_bytes();
        let (parts, _) = subscribe(service, "http://localhost:4566").into_parts();
        let request = Request::from_parts(parts, s3s::Body::from(body));
        let response = gateway.handle(request).await;
        assert_eq!(response.headers()["content-type"], "application/vnd.amazon.eventstream");
        converse(&tank, service, &mut response.into_body()).await;
    }

    for is_http2 in [false, true] {
        let tank = tank();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let place = listener.local_addr().expect("an address");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = {
            let tank = tank.clone();
            tokio::spawn(async move { serve(&tank, listener, async { drop(stopped.await) }).await })
        };
        let socket = TokioIo::new(TcpStream::connect(place).await.expect("a connection"));
        let request = subscribe(&kinesis::SERVICE, &format!("http://{place}"));
        let (response, _client): (_, Box<dyn std::any::Any>) = if is_http2 {
            let (mut client, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.expect("HTTP/2");
            tokio::spawn(connection);
            (client.send_request(request).await.expect("an answer"), Box::new(client))
        } else {
            let (mut client, connection) =
                hyper::client::conn::http1::handshake(socket).await.expect("HTTP/1.1");
            tokio::spawn(connection);
            let mut request = request;
            let host = place.to_string().parse().expect("a header's value");
            request.headers_mut().insert("host", host);
            (client.send_request(request).await.expect("an answer"), Box::new(client))
        };
        assert_eq!(response.status(), 200);
        converse(&tank, &kinesis::SERVICE, &mut response.into_body()).await;
        drop((stop, _client));
        server.await.expect("no panic").expect("served");
    }
}

#[tokio::test]
async fn a_server_that_stops_ends_the_streams_and_a_client_that_goes_closes_its_own() {
    let tank = tank();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let place = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tank.clone();
    let server = tokio::spawn(async move { serve(&serving, listener, async { drop(stopped.await) }).await });
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let socket = TokioIo::new(TcpStream::connect(place).await.expect("a connection"));
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), socket).await.expect("HTTP/2");
        tokio::spawn(connection);
        let request = subscribe(&kinesis::SERVICE, &format!("http://{place}"));
        let mut body = client.send_request(request).await.expect("an answer").into_body();
        receive(&mut body, &kinesis::SERVICE, 2).await;
        bodies.push((body, client));
    }
    bodies.pop();
    while open_streams(&tank).await == 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(open_streams(&tank).await, 1);
    drop(stop);
    server.await.expect("no panic").expect("served");
    assert_eq!(open_streams(&tank).await, 0);
}
