//! A user's function that raises, in a scenario of one's own: the report shows its error and its lines, not only that records are lost.

use std::path::Path;

use wavetank::progress::Silent;
use wavetank::report::Lang;
use wavetank::{Embedded, Report, RunError, RunOptions, Tank};
use wavetank_scenarios::Scenario;
use wavetank_tests::served::python_has;
use wavetank_types::Seed;

const TEMPLATE: &str = "
Resources:
  Stream: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: keep-orders
      Runtime: python3.13
      Handler: index.handler
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
          import base64, json

          def handler(event, context):
              for record in event.get('Records', [{}]):
                  order = json.loads(base64.b64decode(record['kinesis']['data']))
                  print(json.dumps({'order_id': order['order_id'], 'amount': order['amount']}))
  Mapping:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Stream.Arn
      FunctionName: !Ref Function
      StartingPosition: TRIM_HORIZON
      BatchSize: 5
      MaximumRetryAttempts: 0
Outputs:
  Stream: {Value: !Ref Stream}
  Function: {Value: !Ref Function}
";

const SCENARIO: &str = "
summary  = \"Orders are printed.\"
template = \"template.yaml\"
region   = \"us-east-1\"
[input]
file = \"orders.ndjson\"
rate = \"1/s\"
to   = \"kinesis:${Stream}\"
[[step]]
STEP
[ledger]
identity = \"order_id\"
[[edge]]
name    = \"printed\"
at      = \"logs:/aws/lambda/${Function}\"
ends    = \"delivered\"
compare = [\"COMPARED\"]
[[check]]
conserved = {}
";

/// The scenario's folder: of its ten orders the last but one has no amount.
fn open(folder: &Path, step: &str, compared: &str) -> Scenario {
    let order = |number: u32| match number {
        8 => format!("{{\"order_id\":\"o-{number}\"}}\n"),
        _ => format!("{{\"order_id\":\"o-{number}\",\"amount\":{number}}}\n"),
    };
    let scenario = SCENARIO.replace("STEP", step).replace("COMPARED", compared);
    let orders: String = (0..10).map(order).collect();
    for (name, text) in
        [("template.yaml", TEMPLATE), ("scenario.toml", &scenario), ("orders.ndjson", &orders)]
    {
        std::fs::write(folder.join(name), text).unwrap();
    }
    Scenario::open(folder.to_str().unwrap()).unwrap()
}

async fn ran(step: &str) -> Result<Report, RunError> {
    let folder = tempfile::tempdir().unwrap();
    let scenario = open(folder.path(), step, "amount");
    let tank = Tank::from(Embedded::new(Seed(7)));
    wavetank::run(&scenario, &tank, &RunOptions::default(), &Silent).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_lost_records_shows_what_the_function_raised_and_logged() {
    if !python_has("json") {
        return;
    }
    let report = ran("wait = \"2m\"").await.unwrap();
    let text = report.to_text(Lang::En);
    assert!(!report.is_ok(), "{text}");
    for line in ["function `keep-orders` logged 1 error; its last lines:", "| [ERROR] KeyError: 'amount'"] {
        assert!(text.contains(line), "{line}:\n{text}");
    }
    assert!(!text.contains("| START RequestId"), "{text}");
    let vi = report.to_text(Lang::Vi);
    assert!(vi.contains("hàm `keep-orders` ghi 1 lỗi vào log"), "{vi}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_calls_a_function_shows_its_error_and_its_log() {
    if !python_has("json") {
        return;
    }
    let failed = ran("invoke = \"${Function}\"").await.unwrap_err();
    let text = failed.to_string();
    assert!(text.starts_with("function `keep-orders` failed: KeyError: 'kinesis'\n  | "), "{text}");
    assert!(text.contains("  | [ERROR] KeyError: 'kinesis'"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_that_no_record_has_is_refused_before_anything_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let scenario = open(folder.path(), "wait = \"2m\"", "amuont");
    let tank = Tank::from(Embedded::new(Seed(7)));
    let refused = wavetank::run(&scenario, &tank, &RunOptions::default(), &Silent).await.unwrap_err();
    assert!(matches!(refused, RunError::Scenario(_)), "{refused}");
    let text = refused.to_string();
    let expected =
        "scenario.toml:17:12: no record that is sent has a member `amuont`; did you mean `amount`?";
    assert!(text.contains(expected), "{text}");
    assert!(tank.calls(1).is_empty(), "nothing was asked of the tank");
}
