//! Requests as clients send them, and what they ask for.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header's value"))
    };
    pairs.iter().map(pair).collect()
}

fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=AKID/20260105/eu-west-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

#[track_caller]
fn check(request: &str, pairs: &[(&'static str, &str)], body: &str, expected: &str) {
    let (method, uri) = request.split_once(' ').expect("a method and a path");
    let method: Method = method.parse().expect("a method");
    let uri: Uri = uri.parse().expect("a path");
    let told = match route(&method, &uri, &headers(pairs), body.as_bytes()) {
        Ok(route) => {
            let labels: Vec<String> =
                route.labels.iter().map(|(name, text)| format!(" {name}={text}")).collect();
            format!("{} {}{}", route.service.name, route.operation.name, labels.concat())
        }
        Err(why) => why.to_string(),
    };
    assert_eq!(told, expected, "{request}");
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
const NOT_OURS: &str = "not a request to a service of this crate";

#[test]
fn a_target_names_service_and_operation() {
    check("POST /", &[("x-amz-target", "AWSGlue.GetTable")], "{}", "glue GetTable");
    check("POST /any/path", &[("x-amz-target", "Logs_20140328.PutLogEvents")], "{}", "logs PutLogEvents");
    check(
        "POST /",
        &[("x-amz-target", "AWSGlue.CreateConnection")],
        "{}",
        "glue CreateConnection is not implemented",
    );
    check("POST /", &[("x-amz-target", "AWSGlue.Nope")], "{}", "glue has no operation `Nope`");
    check(
        "POST /",
        &[("x-amz-target", "SimpleWorkflowService.ListDomains")],
        "{}",
        "SimpleWorkflowService ListDomains is not implemented",
    );
    check("POST /", &[("x-amz-target", "nonsense")], "{}", " nonsense is not implemented");
}

#[test]
fn an_action_belongs_to_the_signed_service_else_to_the_version_else_to_who_has_it() {
    let iam = scope("iam");
    check("POST /", &[FORM, ("authorization", &iam)], "Action=GetRole&Version=2010-05-08", "iam GetRole");
    check("POST /", &[FORM], "Action=GetCallerIdentity&Version=2011-06-15", "sts GetCallerIdentity");
    check("POST /", &[FORM], "Action=CreateStack", "cloudformation CreateStack");
    check("POST /", &[FORM], "Version=2010-05-08&Action=CreateUser", "iam CreateUser is not implemented");
    check("POST /", &[FORM], "Version=2010-05-08&Action=Nope", "iam has no operation `Nope`");
    check(
        "POST /",
        &[FORM],
        "Action=SendEmail&Version=2010-12-01",
        "2010-12-01 SendEmail is not implemented",
    );
    check("POST /", &[FORM], "Action=Nope", "query Nope is not implemented");
    check("GET /?Action=GetCallerIdentity&Version=2011-06-15", &[], "", "sts GetCallerIdentity");
    check(
        "GET /?Action=GetCallerIdentity&X-Amz-Credential=AKID%2F20260105%2Feu-west-1%2Fsts%2Faws4_request",
        &[],
        "",
        "sts GetCallerIdentity",
    );
}

#[test]
fn a_path_belongs_to_the_signed_service_or_to_the_only_one_that_has_it() {
    let lambda = scope("lambda");
    let signed = [("authorization", lambda.as_str())];
    check("GET /2015-03-31/functions", &signed, "", "lambda ListFunctions");
    check("GET /2015-03-31/functions/", &signed, "", "lambda ListFunctions");
    check("GET /2015-03-31/functions/?MaxItems=5", &[], "", "lambda ListFunctions");
    check("GET /2015-03-31/functions/clean", &[], "", "lambda GetFunction FunctionName=clean");
    check(
        "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3A%3Aclean/invocations",
        &[],
        "{}",
        "lambda Invoke FunctionName=arn:aws:lambda::clean",
    );
    check(
        "DELETE /2015-03-31/functions/clean/policy/sid",
        &signed,
        "",
        "lambda RemovePermission FunctionName=clean StatementId=sid",
    );
    check("GET /2015-03-31/functions/clean/aliases", &signed, "", "lambda ListAliases is not implemented");
    check("PUT /2015-03-31/functions", &signed, "", "lambda has no operation `PUT /2015-03-31/functions`");
    check(
        "GET /2015-03-31/functions//policy",
        &signed,
        "",
        "lambda has no operation `GET /2015-03-31/functions//policy`",
    );
}

#[test]
fn the_rest_is_for_s3() {
    let s3 = scope("s3");
    check("GET /", &[], "", NOT_OURS);
    check("GET /bucket/key", &[("authorization", &s3)], "", NOT_OURS);
    check("GET /2015-03-31/functions", &[("authorization", &s3)], "", NOT_OURS);
    check("PUT /bucket/key", &[FORM], "Action=GetRole&Version=2010-05-08", NOT_OURS);
    check("POST /bucket?delete", &[FORM], "<Delete/>", NOT_OURS);
    check("POST /bucket", &[FORM, ("authorization", &s3)], "Action=GetRole", NOT_OURS);
}

#[test]
fn a_signed_request_to_a_service_that_is_not_here_is_never_taken_for_s3() {
    let execute = scope("execute-api");
    check(
        "GET /v1/items",
        &[("authorization", &execute)],
        "",
        "execute-api GET /v1/items is not implemented",
    );
    let glue = scope("glue");
    check("POST /", &[("authorization", &glue)], "{}", "glue has no operation `POST /`");
}

#[test]
fn the_caller_is_read_from_header_or_query() {
    let check = |authorization: Option<&str>, uri: &str, expected: [Option<&str>; 3]| {
        let headers = authorization.map_or_else(HeaderMap::new, |text| headers(&[("authorization", text)]));
        let found = caller(&headers, &uri.parse().expect("a path"));
        assert_eq!(
            [&found.access_key, &found.region, &found.service].map(Option::as_deref),
            expected,
            "{uri}"
        );
    };
    check(Some(&scope("glue")), "/", [Some("AKID"), Some("eu-west-1"), Some("glue")]);
    check(None, "/", [None, None, None]);
    let presigned = "/b/k?X-Amz-Credential=000000000001%2F20260105%2Fus-east-1%2Fs3%2Faws4_request";
    check(None, presigned, [Some("000000000001"), Some("us-east-1"), Some("s3")]);
    let sigv4a = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20260105/s3/aws4_request, SignedHeaders=host";
    check(Some(sigv4a), "/", [Some("AKID"), None, Some("s3")]);
    check(Some("AWS AKID:signature"), "/", [Some("AKID"), None, None]);
    check(Some("Bearer token"), "/", [None, None, None]);
    check(Some("AWS4-HMAC-SHA256 Credential=broken"), "/", [Some("broken"), None, None]);
}

#[test]
fn a_greedy_label_takes_slashes_and_leaves_what_follows() {
    let check = |template: &'static str, uri: &'static str, expected: Option<&[(&str, &str)]>| {
        let labels = template::fit(template, &Uri::from_static(uri)).map(|found| found.labels);
        let expected =
            expected.map(|pairs| pairs.iter().map(|(name, text)| (*name, (*text).to_owned())).collect());
        assert_eq!(labels, expected, "{template} {uri}");
    };
    check("/{Bucket}/{Key+}", "/b/a/b%20c", Some(&[("Bucket", "b"), ("Key", "a/b c")]));
    check("/a/{Rest+}/end", "/a/b/c/end", Some(&[("Rest", "b/c")]));
    check("/a/{Rest+}/end", "/a/end", None);
    check("/a?list-type=2", "/a?x=1&list-type=2", Some(&[]));
    check("/a?list-type=2", "/a?list-type=1", None);
    check("/a/b", "/a", None);
    check("/a", "/a/b", None);
}
