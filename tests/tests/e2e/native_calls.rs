//! Native functions that call AWS, and the fault that fails a function after its work.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use wavetank::{Tank, TankError};
use wavetank_emulator::executors::{FunctionError, NativeContext};

/// Sends its event to a queue, asks how many there are, and answers that.
fn handler(context: &NativeContext, event: Value) -> Result<Value, FunctionError> {
    let queue = &context.environment["QUEUE"];
    let message = json!({ "QueueUrl": queue, "MessageBody": event.to_string() });
    context.call("sqs", "SendMessage", &message)?;
    let names = json!({ "QueueUrl": queue, "AttributeNames": ["ApproximateNumberOfMessages"] });
    let told = context.call("sqs", "GetQueueAttributes", &names)?;
    if event == "wrong" {
        context.call("sqs", "SendMessage", &json!({ "QueueUrl": queue }))?;
    }
    Ok(told["Attributes"]["ApproximateNumberOfMessages"].clone())
}

const TEMPLATE: &str = "
Resources:
  Sent:
    Type: AWS::SQS::Queue
    Properties: {QueueName: sent}
  Send:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: send
      Runtime: python3.13
      Handler: test.send
      Role: arn:aws:iam::000000000000:role/send
      Environment: {Variables: {QUEUE: !Ref Sent}}
      Code: {ZipFile: 'def send(event, context): pass'}
";

async fn start(tank: &Tank) {
    tank.target().tank().register_function("test.send", Arc::new(handler));
    tank.deploy(TEMPLATE).await.unwrap();
}

async fn send(tank: &Tank, event: &str) -> Result<String, TankError> {
    tank.function_named("send").invoke(&event).await
}

async fn control(tank: &Tank, method: &str, place: &str, body: Value) -> (u16, Value) {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:4566/_wavetank/{place}"))
        .header("content-type", "application/json");
    let answer = tank.http(request.body(Bytes::from(body.to_string())).unwrap()).await;
    (answer.status().as_u16(), serde_json::from_slice(answer.body()).unwrap())
}

#[wavetank::test]
async fn a_native_function_calls_aws_and_is_refused_as_a_client_is(tank: Tank) {
    start(&tank).await;
    assert_eq!(send(&tank, "one").await.unwrap(), "1");
    assert_eq!(send(&tank, "two").await.unwrap(), "2");
    let refused = send(&tank, "wrong").await.unwrap_err().to_string();
    assert!(refused.starts_with("function `send` failed: ") && refused.contains("MessageBody"), "{refused}");
}

#[wavetank::test]
async fn a_run_that_is_failed_after_its_work_keeps_what_it_did(tank: Tank) {
    start(&tank).await;
    let verdict = json!({ "fail_after": { "code": "Crash", "message": "after its work" } });
    let (status, set) =
        control(&tank, "POST", "faults", json!({ "function": "send", "verdict": verdict })).await;
    assert_eq!(status, 200, "{set}");
    let failed = send(&tank, "one").await.unwrap_err().to_string();
    assert!(failed.starts_with("function `send` failed: Crash: after its work"), "{failed}");
    let (_, listed) = control(&tank, "GET", "faults", json!({})).await;
    assert_eq!(listed["faults"][0]["function"], "send");
    assert_eq!(listed["faults"][0]["verdict"]["fail_after"]["code"], "Crash");
    let (status, _) = control(&tank, "DELETE", &format!("faults/{}", set["id"]), json!({})).await;
    assert_eq!(status, 200);
    assert_eq!(send(&tank, "two").await.unwrap(), "2", "the first message was sent too");

    let verdict = json!({ "refuse_entries": { "code": "Slow", "share": 0.5 } });
    let (status, told) =
        control(&tank, "POST", "faults", json!({ "function": "send", "verdict": verdict })).await;
    assert!(status == 400 && told.to_string().contains("no entries"), "{told}");
}

#[wavetank::test]
async fn a_run_can_fail_before_its_work_time_out_and_come_twice(tank: Tank) {
    start(&tank).await;
    let under = async |verdict: Value, body: &str| {
        let rule = json!({ "function": "*", "verdict": verdict });
        let (status, set) = control(&tank, "POST", "faults", rule).await;
        assert_eq!(status, 200, "{set}");
        let before = tank.now();
        let answer = send(&tank, body).await.unwrap_or_else(|error| error.to_string());
        let (_, listed) = control(&tank, "GET", "faults", json!({})).await;
        assert_eq!(listed["faults"][0]["hits"], json!({ "lambda": 1 }), "{listed}");
        control(&tank, "DELETE", "faults", json!({})).await;
        (answer, tank.now().since(before).as_secs())
    };
    let (answer, _) = under(json!({ "fail": { "code": "Crash" } }), "one").await;
    assert!(answer.contains("Crash"), "{answer}");
    let (answer, secs) = under(json!("time_out"), "two").await;
    assert!(answer.contains("Task timed out") && secs >= 3, "{answer} after {secs} s");
    assert_eq!(under(json!("duplicate"), "three").await.0, "2", "twice, and nothing before");
    let (answer, secs) = under(json!("time_out_after"), "four").await;
    assert!(answer.contains("Task timed out") && secs >= 3, "{answer} after {secs} s");
    let (answer, secs) = under(json!({ "delay": "2s" }), "five").await;
    assert_eq!((answer.as_str(), secs), ("4", 2), "the one that timed out did its work");
}
