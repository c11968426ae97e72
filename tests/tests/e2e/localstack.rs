//! Scenarios on LocalStack 4.14.0 as the Python registry has it: without DynamoDB, functions and what its free edition lacks. Skips aloud.

use serde_json::json;
use wavetank::check::Verdict;
use wavetank::client::Aws;
use wavetank::progress::Silent;
use wavetank::removal;
use wavetank::report::Lang;
use wavetank::target::{Pace, Target as _};
use wavetank_scenarios::Scenario;
use wavetank_tests::localstack::LocalStack;

use crate::targets::{any_server, check_mirrored, connected, options, report, verdicts};

#[test]
fn localstack_runs_what_it_has_keeps_a_tank_s_objects_and_what_it_lacks_is_named() {
    let Some(localstack) = LocalStack::start() else { return };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let server = connected(&localstack.url).await;
        assert_eq!((server.pace(), server.account()), (Pace::Real, Some("000000000000")));

        let scenario = any_server();
        let there = report(&scenario, &server, &options(200)).await;
        assert!(there.is_ok(), "{}", there.to_text(Lang::En));
        assert_eq!((there.ledger.generated, there.ledger.delivered), (200, 200));
        let (passed, not_run) = (Verdict::Passed, Verdict::NotRun);
        let expected = [("conserved", passed), ("order", passed), ("files", passed), ("unblocked", not_run)];
        assert_eq!(verdicts(&there), expected);
        let aws = Aws::new(&server, &scenario.region);
        assert_eq!(removal::status(aws, &scenario.name).await.unwrap(), None);
        let streams = aws.json(&wavetank::wire::kinesis::SERVICE, "ListStreams", &json!({})).await.unwrap();
        assert_eq!(streams["StreamNames"], json!([]));
        assert!(server.s3(&scenario.region).list_buckets().send().await.unwrap().buckets().is_empty());

        // Not in the free edition; there, but without the program behind it.
        for (name, lacks) in
            [("event-revenue", ["no athena", "no glue"]), ("table-design", ["no dynamodb"; 2])]
        {
            let scenario = Scenario::open(name).unwrap();
            let refused =
                wavetank::run(&scenario, &server, &options(60), &Silent).await.unwrap_err().to_string();
            assert!(lacks.iter().all(|lack| refused.contains(lack)), "{refused}");
            assert!(refused.ends_with("nothing has been created"), "{refused}");
            assert_eq!(removal::status(aws, name).await.unwrap(), None);
        }

        check_mirrored(server).await;
    });
}
