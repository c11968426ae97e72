//! An HTTP endpoint of this machine: the request's form, and where records go that it does not take.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// A server that answers each request with the next status, and keeps what it got.
async fn server(mut statuses: Vec<u16>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/in", listener.local_addr().unwrap());
    let got = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&got);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let mut request = String::new();
            let mut chunk = vec![0; 65_536];
            loop {
                let count = socket.read(&mut chunk).await.unwrap();
                request.push_str(&String::from_utf8_lossy(&chunk[..count]));
                if count == 0 || request.ends_with("]}") {
                    break;
                }
            }
            let body: Value = serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap();
            kept.lock().unwrap().push(request);
            let status = if statuses.is_empty() { 200 } else { statuses.remove(0) };
            let said = json!({"requestId": body["requestId"], "timestamp": 1, "errorMessage": "try later"})
                .to_string();
            let head = format!(
                "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                said.len()
            );
            socket.write_all((head + &said).as_bytes()).await.unwrap();
        }
    });
    (url, got)
}

async fn tank_to(url: &str, retry_secs: i64, backup: &str) -> Tank {
    let tank = Tank::builder().build();
    bucket(&tank, "lake");
    let attribute =
        HttpEndpointCommonAttribute { attribute_name: "env".to_owned(), attribute_value: "test".to_owned() };
    let plain = lake();
    let http = HttpEndpointDestinationConfiguration {
        endpoint_configuration: HttpEndpointConfiguration {
            url: url.to_owned(),
            name: None,
            access_key: Some("secret".to_owned()),
        },
        buffering_hints: Some(HttpEndpointBufferingHints {
            size_in_mbs: Some(1),
            interval_in_seconds: Some(60),
        }),
        request_configuration: Some(HttpEndpointRequestConfiguration {
            content_encoding: None,
            common_attributes: Some(vec![attribute]),
        }),
        retry_options: Some(HttpEndpointRetryOptions { duration_in_seconds: Some(retry_secs) }),
        s3backup_mode: Some(backup.to_owned()),
        s3configuration: S3DestinationConfiguration {
            role_arn: plain.role_arn,
            bucket_arn: plain.bucket_arn,
            ..S3DestinationConfiguration::default()
        },
        ..HttpEndpointDestinationConfiguration::default()
    };
    let input = CreateDeliveryStreamInput {
        delivery_stream_name: "s".to_owned(),
        http_endpoint_destination_configuration: Some(http),
        ..CreateDeliveryStreamInput::default()
    };
    make(&tank, input).await;
    tank
}

#[tokio::test]
async fn an_endpoint_gets_the_records_in_awss_form_and_again_with_the_same_id() {
    let (url, got) = server(vec![503]).await;
    let tank = tank_to(&url, 300, "FailedDataOnly").await;
    put(&tank, &["hello", "world"]).await;
    wait(&tank, 61).await;
    let got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 2);
    let (head, body) = got[0].split_once("\r\n\r\n").unwrap();
    for line in [
        "POST /in HTTP/1.1",
        "x-amz-firehose-protocol-version: 1.0",
        "x-amz-firehose-access-key: secret",
        "x-amz-firehose-source-arn: arn:aws:firehose:us-east-1:000000000000:deliverystream/s",
        "x-amz-firehose-common-attributes: {\"commonAttributes\":{\"env\":\"test\"}}",
    ] {
        assert!(head.contains(line), "{line} in {head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body["records"],
        json!([{"data": STANDARD.encode("hello")}, {"data": STANDARD.encode("world")}])
    );
    assert_eq!(got[1].split_once("\r\n\r\n").unwrap().1, body.to_string());
    assert!(tank.settle(Duration::from_secs(3_600)).await);
    assert_eq!(shown(&tank, "lake"), "");
}

#[tokio::test]
async fn what_an_endpoint_does_not_take_in_time_goes_to_the_bucket() {
    let (url, got) = server(vec![500; 50]).await;
    let tank = tank_to(&url, 10, "FailedDataOnly").await;
    put(&tank, &["hello"]).await;
    assert!(tank.settle(Duration::from_secs(3_600)).await);
    // At 0, 1, 3, 7 and 10 seconds.
    assert_eq!(got.lock().unwrap().len(), 5);
    let found = shown(&tank, "lake");
    assert!(found.starts_with("http-endpoint-failed/2026/01/05/00/s-1-"), "{found}");
    assert!(found.contains("\\\"attemptsMade\\\":5") && found.contains(&STANDARD.encode("hello")), "{found}");
}

#[tokio::test]
async fn with_all_data_the_bucket_gets_what_the_endpoint_gets() {
    let (url, got) = server(vec![413]).await;
    let tank = tank_to(&url, 300, "AllData").await;
    put(&tank, &["a", "b"]).await;
    assert!(tank.settle(Duration::from_secs(3_600)).await);
    // Too large is final.
    assert_eq!(got.lock().unwrap().len(), 1);
    assert_eq!(shown(&tank, "lake"), "2026/01/05/00/s-1-2026-01-05-00-00-01-* ab\n");
}
