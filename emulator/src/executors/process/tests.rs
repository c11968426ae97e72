//! Real Python, Node and `bootstrap` processes. A test whose program is not on this machine says so and passes.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use wavetank_types::Seed;
use wavetank_wire::lambda as api;

use crate::services::lambda::tests::{create_input, invoke_input, request, shown, zip_of};
use crate::{Scope, Tank};

use super::interpreter;

/// Whether this runtime runs here; says aloud that a test is skipped.
async fn runs(runtime: &str) -> bool {
    let found = interpreter::find(runtime).await;
    if let Err(said) = &found {
        eprintln!("skipped: {said}");
    }
    found.is_ok()
}

struct Function {
    tank: Tank,
}

impl Function {
    async fn new(runtime: &str, handler: &str, files: &[(&str, u32, &str)]) -> Self {
        Self::with(runtime, handler, files, |_| {}).await
    }

    async fn with(
        runtime: &str,
        handler: &str,
        files: &[(&str, u32, &str)],
        change: fn(&mut api::CreateFunctionInput),
    ) -> Self {
        Self::create(Tank::builder().build(), runtime, handler, files, change).await
    }

    async fn seeded(seed: u64, runtime: &str, handler: &str, files: &[(&str, u32, &str)]) -> Self {
        let tank = Tank::builder().seed(Seed(seed)).build();
        Self::create(tank, runtime, handler, files, |_| {}).await
    }

    async fn create(
        tank: Tank,
        runtime: &str,
        handler: &str,
        files: &[(&str, u32, &str)],
        change: fn(&mut api::CreateFunctionInput),
    ) -> Self {
        let mut input = create_input("f", runtime, handler, zip_of(files));
        input.timeout = Some(20);
        change(&mut input);
        request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
        tank.advance(Duration::from_secs(1)).await;
        Self { tank }
    }

    /// What the caller is told and what is logged, without what this machine adds.
    async fn shown(&self, payload: Value) -> String {
        let text = shown(&self.tank, "f", &payload).await;
        let lines = text.lines().filter(|line| !line.starts_with("wavetank: "));
        let own = lines.filter(|line| !["START", "END", "REPORT"].iter().any(|it| line.starts_with(it)));
        own.map(|line| format!("{line}\n")).collect()
    }
}

#[tokio::test]
async fn a_python_handler_answers_logs_and_keeps_its_state_while_warm() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import logging, os, sys
calls = 0
log = logging.getLogger()
log.setLevel('INFO')
def handler(event, context):
    global calls
    calls += 1
    print('to stdout')
    print('to stderr', file=sys.stderr)
    log.info('call %d', calls)
    return {'calls': calls, 'event': event, 'name': context.function_name, 'memory': context.memory_limit_in_mb,
            'left': 0 < context.get_remaining_time_in_millis() <= 20000, 'arn': context.invoked_function_arn,
            'mine': os.environ.get('MINE'), 'cargo': os.environ.get('CARGO'), 'key': os.environ['AWS_ACCESS_KEY_ID'],
            'endpoint': os.environ.get('AWS_ENDPOINT_URL')}
";
    let f = Function::with("python3.12", "src/app.handler", &[("src/app.py", 0o644, code)], |input| {
        let variables = [("MINE".to_owned(), "yes".to_owned())].into();
        input.environment = Some(api::Environment { variables: Some(variables) });
    })
    .await;
    f.tank.set_endpoint(Some("http://127.0.0.1:4566".to_owned()));
    let both = f.shown(json!({ "n": 1 })).await + &f.shown(json!("chào")).await;
    expect![[r#"
        200 $LATEST ok {"calls": 1, "event": {"n": 1}, "name": "f", "memory": "128", "left": true, "arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "mine": "yes", "cargo": null, "key": "000000000000", "endpoint": "http://127.0.0.1:4566"}
        to stdout
        to stderr
        [INFO]\t2026-01-05T00:00:01.000Z\ta4529b4a-7ac9-40b4-b89a-efacaf7b6f9c\tcall 1
        200 $LATEST ok {"calls": 2, "event": "chào", "name": "f", "memory": "128", "left": true, "arn": "arn:aws:lambda:us-east-1:000000000000:function:f", "mine": "yes", "cargo": null, "key": "000000000000", "endpoint": "http://127.0.0.1:4566"}
        to stdout
        to stderr
        [INFO]\t2026-01-05T00:00:01.133Z\t26e0acdc-7186-419a-8b28-23d3b8145ca6\tcall 2
    "#]].assert_eq(&both);
}

#[tokio::test]
async fn python_errors_have_the_types_and_sentences_of_aws() {
    if !runs("python3.12").await {
        return;
    }
    let check = async |handler: &str, code: &str, expected: Expect| {
        let f = Function::new("python3.12", handler, &[("app.py", 0o644, code)]).await;
        expected.assert_eq(&f.shown(json!({})).await);
    };
    check("app.handler", "def handler(e, c):\n    raise ValueError('bad\\nrow')\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "bad\nrow", "errorType": "ValueError", "requestId": "a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c", "stackTrace": ["  File \"/var/task/app.py\", line 2, in handler\n    raise ValueError('bad\\nrow')\n"]}
        [ERROR] ValueError: bad
        row
        Traceback (most recent call last):
          File "/var/task/app.py", line 2, in handler
            raise ValueError('bad\nrow')END RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c
    "#]]).await;
    check("app.handler", "import nothing_of_this_name\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "Unable to import module 'app': No module named 'nothing_of_this_name'", "errorType": "Runtime.ImportModuleError", "requestId": "", "stackTrace": []}
        [ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'nothing_of_this_name'
    "#]]).await;
    check("app.handler", "x = 1\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "Handler 'handler' missing on module 'app'", "errorType": "Runtime.HandlerNotFound", "requestId": "", "stackTrace": []}
        [ERROR] Runtime.HandlerNotFound: Handler 'handler' missing on module 'app'
    "#]]).await;
    check("app.handler", "def handler(:\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "Syntax error in module 'app': invalid syntax (app.py, line 1)", "errorType": "Runtime.UserCodeSyntaxError", "requestId": "", "stackTrace": []}
        [ERROR] Runtime.UserCodeSyntaxError: Syntax error in module 'app': invalid syntax (app.py, line 1)
    "#]]).await;
    check("app.handler", "def handler(e, c):\n    return {1, 2}\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable", "errorType": "Runtime.MarshalError", "requestId": "a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c", "stackTrace": []}
        [ERROR] Runtime.MarshalError: Unable to marshal response: Object of type set is not JSON serializable
    "#]]).await;
    check("app.handler", "raise RuntimeError('at start')\n", expect![[r#"
        200 $LATEST Unhandled {"errorMessage": "at start", "errorType": "RuntimeError", "requestId": "", "stackTrace": ["  File \"/var/task/app.py\", line 1, in <module>\n    raise RuntimeError('at start')\n"]}
        [ERROR] RuntimeError: at start
        Traceback (most recent call last):
          File "/var/task/app.py", line 1, in <module>
            raise RuntimeError('at start')END RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c
    "#]]).await;
    check("app.handler", "import os\ndef handler(e, c):\n    os._exit(3)\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.ExitError","errorMessage":"RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited with error: exit status 3"}
        RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited with error: exit status 3
        Runtime.ExitError
    "#]]).await;
    check("app.handler", "import sys\ndef handler(e, c):\n    sys.exit(0)\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.ExitError","errorMessage":"RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited without providing a reason"}
        RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited without providing a reason
        Runtime.ExitError
    "#]]).await;
}

#[tokio::test]
async fn a_function_that_hangs_is_killed_at_its_timeout_with_all_it_started() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import subprocess, threading
def handler(event, context):
    child = subprocess.Popen(['sleep', '600'])
    print('child', child.pid)
    threading.Event().wait(event['secs'])
";
    let f = Function::with("python3.12", "app.handler", &[("app.py", 0o644, code)], |input| {
        input.timeout = Some(1);
    })
    .await;
    let said = f.shown(json!({ "secs": 600 })).await;
    let child = said.lines().find_map(|line| line.strip_prefix("child ")).expect("its line was kept");
    let gone = is_gone(child);
    assert!(gone, "process {child} is left");
    expect![[r#"
        200 $LATEST Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Task timed out after 1.00 seconds"}
        child <pid>
        2026-01-05T00:00:02.118Z a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Task timed out after 1.00 seconds

    "#]].assert_eq(&said.replace(child, "<pid>"));
}

#[tokio::test]
async fn in_a_frozen_tank_the_codes_clock_is_the_tanks_and_a_sleep_costs_tank_time_alone() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import datetime, time
def handler(event, context):
    before = datetime.datetime.now(datetime.timezone.utc)
    time.sleep(event['secs'])
    print(repr(before), datetime.date.today(), time.strftime('%H:%M:%S'))
    return [time.time() - before.timestamp(), context.get_remaining_time_in_millis(), isinstance(before, datetime.datetime)]
";
    let f = Function::new("python3.12", "app.handler", &[("app.py", 0o644, code)]).await;
    let before = f.tank.now();
    expect![[r#"
        200 $LATEST ok [12.5, 7500, true]
        datetime.datetime(2026, 1, 5, 0, 0, 1, tzinfo=datetime.timezone.utc) 2026-01-05 00:00:13
    "#]]
    .assert_eq(&f.shown(json!({ "secs": 12.5 })).await);
    assert!(f.tank.now().since(before) >= Duration::from_millis(12_500));
    // A day of sleep ends at the timeout, at once.
    expect![[r#"
        200 $LATEST Unhandled {"errorType":"Sandbox.Timedout","errorMessage":"RequestId: 26e0acdc-7186-419a-8b28-23d3b8145ca6 Error: Task timed out after 20.00 seconds"}
        2026-01-05T00:00:33.633Z 26e0acdc-7186-419a-8b28-23d3b8145ca6 Task timed out after 20.00 seconds

    "#]]
    .assert_eq(&f.shown(json!({ "secs": 86_400 })).await);
}

#[tokio::test]
async fn in_a_frozen_tank_timers_of_an_event_loop_cost_tank_time_too() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import asyncio, socket, time
async def answer(reader, writer):
    writer.write(await reader.readexactly(2))
    writer.close()
async def over_a_socket():
    server = await asyncio.start_server(answer, '127.0.0.1', 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b'hi')
    said = await asyncio.wait_for(reader.read(), 3600)
    writer.close()
    server.close()
    return said.decode()
async def work(secs):
    await asyncio.gather(asyncio.sleep(secs), asyncio.sleep(secs / 2))
    in_a_thread = await asyncio.get_running_loop().run_in_executor(None, lambda: 7)
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.25)
    except asyncio.TimeoutError:
        return [in_a_thread, await over_a_socket()]
def handler(event, context):
    before = time.time(), time.monotonic()
    said = asyncio.run(work(event['secs']))
    return said + [round(time.time() - before[0], 3), time.monotonic() - before[1] >= event['secs']]
";
    let f = Function::new("python3.12", "app.handler", &[("app.py", 0o644, code)]).await;
    expect![[r#"
        200 $LATEST ok [7, "hi", 12.75, true]
    "#]]
    .assert_eq(&f.shown(json!({ "secs": 12.5 })).await);
    let late = f.shown(json!({ "secs": 86_400 })).await;
    assert!(late.contains("Task timed out after 20.00 seconds"), "{late}");
}

#[tokio::test]
async fn in_a_frozen_tank_work_that_takes_this_machine_long_is_waited_for_and_what_never_ends_is_not() {
    if !runs("python3.12").await {
        return;
    }
    // Works for one and a half times its timeout, by the processor's clock.
    let code = "
import time
def work(secs):
    until = time.process_time() + secs
    while time.process_time() < until:
        pass
work(1.5)
def handler(event, context):
    work(event['secs'])
    return 'done'
";
    let f = Function::with("python3.12", "app.handler", &[("app.py", 0o644, code)], |input| {
        input.timeout = Some(1);
    })
    .await;
    let before = f.tank.now();
    assert_eq!(f.shown(json!({ "secs": 1.5 })).await, "200 $LATEST ok \"done\"\n");
    assert!(f.tank.now().since(before) < Duration::from_secs(1), "it lasts as long as the model says");
    let said = f.shown(json!({ "secs": 1e9 })).await;
    assert!(said.contains("Task timed out after 1.00 seconds"), "{said}");
}

/// Whether a process has ended. One that nobody waits for any more stays as a zombie in some containers.
fn is_gone(pid: &str) -> bool {
    // The kill has been sent and is not waited for by us, the child being another's: it is a matter of microseconds.
    for _ in 0..10_000 {
        match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
            Err(_) => return true,
            Ok(stat) if stat.contains(") Z ") || stat.contains(") X ") => return true,
            Ok(_) => std::thread::yield_now(),
        }
    }
    false
}

#[tokio::test]
async fn nothing_is_left_when_the_tank_is_dropped() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import os
def handler(event, context):
    return [os.getpid(), os.getcwd()]
";
    let f = Function::new("python3.12", "app.handler", &[("app.py", 0o644, code)]).await;
    let out = request::<api::Invoke>(&f.tank, invoke_input("f", &json!({}))).await.expect("it is accepted");
    let (pid, folder): (u32, String) =
        serde_json::from_slice(&out.payload.unwrap_or_default()).expect("a pair");
    assert!(std::path::Path::new(&folder).exists());
    drop(f);
    assert!(is_gone(&pid.to_string()), "process {pid} is left");
    assert!(!std::path::Path::new(&folder).exists(), "{folder} is left");
}

#[tokio::test]
async fn node_handlers_may_be_of_any_kind() {
    if !runs("nodejs22.x").await {
        return;
    }
    let check = async |file: &str, code: &str, expected: Expect| {
        let f = Function::new("nodejs22.x", "src/index.handler", &[(file, 0o644, code)]).await;
        expected.assert_eq(&f.shown(json!({ "n": 1 })).await);
    };
    let module = "
let calls = 0;
export const handler = async (event, context) => {
  console.log('got', event);
  console.error('two\\nlines');
  return { calls: ++calls, name: context.functionName, left: context.getRemainingTimeInMillis() > 0 };
};
";
    check(
        "src/index.mjs",
        module,
        expect![[r#"
        200 $LATEST ok {"calls":1,"name":"f","left":true}
        2026-01-05T00:00:01.000Z\ta4529b4a-7ac9-40b4-b89a-efacaf7b6f9c\tINFO\tgot { n: 1 }
        2026-01-05T00:00:01.000Z\ta4529b4a-7ac9-40b4-b89a-efacaf7b6f9c\tERROR\ttwo
        lines
    "#]],
    )
    .await;
    check(
        "src/index.js",
        "exports.handler = async (event) => event;\n",
        expect![[r#"
        200 $LATEST ok {"n":1}
    "#]],
    )
    .await;
    check(
        "src/index.js",
        "exports.handler = (event, context, callback) => callback(null, [event.n]);\n",
        expect![[r#"
        200 $LATEST ok [1]
    "#]],
    )
    .await;
    check(
        "src/index.js",
        "exports.handler = () => {};\n",
        expect![[r#"
        200 $LATEST ok null
    "#]],
    )
    .await;
    check("src/index.js", "exports.handler = async () => { throw new TypeError('bad row'); };\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"TypeError","errorMessage":"bad row","trace":["TypeError: bad row","    at exports.handler (/var/task/src/index.js:1:39)"]}
        2026-01-05T00:00:01.000Z\ta4529b4a-7ac9-40b4-b89a-efacaf7b6f9c\tERROR\tInvoke Error \t{"errorType":"TypeError","errorMessage":"bad row","trace":["TypeError: bad row","    at exports.handler (/var/task/src/index.js:1:39)"]}
    "#]]).await;
    check("src/index.js", "exports.other = 1;\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.HandlerNotFound","errorMessage":"src/index.handler is undefined or not exported","trace":["Runtime.HandlerNotFound: src/index.handler is undefined or not exported"]}
        2026-01-05T00:00:01.000Z\tundefined\tERROR\tInvoke Error \t{"errorType":"Runtime.HandlerNotFound","errorMessage":"src/index.handler is undefined or not exported","trace":["Runtime.HandlerNotFound: src/index.handler is undefined or not exported"]}
    "#]]).await;
    check("src/index.js", "require('nothing-of-this-name');\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'nothing-of-this-name'\nRequire stack:\n- /var/task/src/index.js","trace":["Runtime.ImportModuleError: Error: Cannot find module 'nothing-of-this-name'","Require stack:","- /var/task/src/index.js"]}
        2026-01-05T00:00:01.000Z\tundefined\tERROR\tInvoke Error \t{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'nothing-of-this-name'\nRequire stack:\n- /var/task/src/index.js","trace":["Runtime.ImportModuleError: Error: Cannot find module 'nothing-of-this-name'","Require stack:","- /var/task/src/index.js"]}
    "#]]).await;
    check("src/other.js", "exports.handler = 1;\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'index'","trace":["Runtime.ImportModuleError: Error: Cannot find module 'index'"]}
        2026-01-05T00:00:01.000Z\tundefined\tERROR\tInvoke Error \t{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'index'","trace":["Runtime.ImportModuleError: Error: Cannot find module 'index'"]}
    "#]]).await;
    check("src/index.js", "exports.handler = async () => process.exit(4);\n", expect![[r#"
        200 $LATEST Unhandled {"errorType":"Runtime.ExitError","errorMessage":"RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited with error: exit status 4"}
        RequestId: a4529b4a-7ac9-40b4-b89a-efacaf7b6f9c Error: Runtime exited with error: exit status 4
        Runtime.ExitError
    "#]]).await;
}

#[tokio::test]
async fn a_zip_may_bring_its_own_bootstrap() {
    if !runs("python3.12").await {
        return;
    }
    let bootstrap = "#!/usr/bin/env python3
import http.client, os
api = http.client.HTTPConnection(os.environ['AWS_LAMBDA_RUNTIME_API'])
while True:
    api.request('GET', '/2018-06-01/runtime/invocation/next')
    event = api.getresponse()
    body = event.read()
    print('handling with', os.environ['_HANDLER'], flush=True)
    api.request('POST', '/2018-06-01/runtime/invocation/nobody/response', body=b'1')
    print('to nobody', api.getresponse().read(), flush=True)
    id = event.headers['Lambda-Runtime-Aws-Request-Id']
    api.request('POST', '/2018-06-01/runtime/invocation/' + id + '/response', body=body)
    api.getresponse().read()
";
    let check = async |mode: u32, name: &str, expected: Expect| {
        let f = Function::new("provided.al2023", "what.ever", &[(name, mode, bootstrap)]).await;
        let text = f.shown(json!({ "n": 1 })).await;
        let id = text.find("RequestId: ").map(|at| text[at + 11..at + 47].to_owned());
        expected.assert_eq(&text.replace(&id.unwrap_or("-none-".to_owned()), "<id>"));
    };
    check(
        0o755,
        "bootstrap",
        expect![[r#"
        200 $LATEST ok {"n":1}
        handling with what.ever
        to nobody b'{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}'
    "#]],
    )
    .await;
    check(0o644, "bootstrap", expect![[r#"
        200 $LATEST Unhandled {"errorMessage":"RequestId: <id> Error: fork/exec /var/task/bootstrap: permission denied; hint: `chmod +x bootstrap` before zipping","errorType":"Runtime.InvalidEntrypoint"}
        [ERROR] Runtime.InvalidEntrypoint: RequestId: <id> Error: fork/exec /var/task/bootstrap: permission denied; hint: `chmod +x bootstrap` before zipping
    "#]]).await;
    check(0o755, "other", expect![[r#"
        200 $LATEST Unhandled {"errorMessage":"RequestId: <id> Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]","errorType":"Runtime.InvalidEntrypoint"}
        [ERROR] Runtime.InvalidEntrypoint: RequestId: <id> Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]
    "#]]).await;
}

#[tokio::test]
async fn what_cannot_run_here_fails_and_says_why() {
    let check = async |runtime: &str, files: &[(&str, u32, &str)], expected: Expect| {
        let f = Function::new(runtime, "app.handler", files).await;
        expected.assert_eq(&f.shown(json!({})).await);
    };
    check("java21", &[("app.class", 0o644, "")], expect![[r#"
        200 $LATEST Unhandled {"errorMessage":"wavetank runs no `java21`; hint: register a Rust function under the handler's name, or use python3.x, nodejs or provided.al2023","errorType":"Runtime.Unavailable"}
        [ERROR] Runtime.Unavailable: wavetank runs no `java21`; hint: register a Rust function under the handler's name, or use python3.x, nodejs or provided.al2023
    "#]]).await;
    if runs("python3.12").await {
        check("python3.12", &[("../app.py", 0o644, "")], expect![[r#"
            200 $LATEST Unhandled {"errorMessage":"entry `../app.py` leads out of the function's folder","errorType":"Runtime.InvalidPackage"}
            [ERROR] Runtime.InvalidPackage: entry `../app.py` leads out of the function's folder
        "#]]).await;
    }
}

#[tokio::test]
async fn in_a_frozen_tank_a_run_of_a_process_replays_to_the_byte() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import logging
def handler(event, context):
    logging.warning('careful')
    print('one')
    return event
";
    let run = async || {
        let f = Function::new("python3.12", "app.handler", &[("app.py", 0o644, code)]).await;
        shown(&f.tank, "f", &json!({ "n": 1 })).await + &shown(&f.tank, "f", &json!({ "n": 2 })).await
    };
    let first = run().await;
    assert_eq!(first, run().await);
    let report = first.lines().find(|line| line.starts_with("REPORT")).unwrap_or_default();
    assert!(report.contains("Duration: 14.66 ms"), "{report}");
}

#[tokio::test]
async fn in_a_frozen_tank_the_seed_decides_what_code_draws() {
    let python = "
import os, random, secrets, uuid
first = str(uuid.uuid4())
def handler(event, context):
    return [first, str(uuid.uuid4()), random.random(), secrets.token_hex(8), len(os.urandom(0)), list({'a', 'b', 'c', 'd', 'e'})]
";
    let node = "exports.handler = async () => [Math.random(), Math.random()];";
    for (runtime, handler, file, code) in
        [("python3.12", "app.handler", "app.py", python), ("nodejs22.x", "index.handler", "index.js", node)]
    {
        if !runs(runtime).await {
            continue;
        }
        let draw = async |seed| {
            let f = Function::seeded(seed, runtime, handler, &[(file, 0o644, code)]).await;
            [f.shown(json!({})).await, f.shown(json!({})).await]
        };
        let first = draw(1).await;
        assert_eq!(first, draw(1).await, "{runtime}");
        assert_ne!(first[0], first[1], "{runtime}: another event draws other numbers");
        assert_ne!(first, draw(2).await, "{runtime}: another seed too");
    }
}

#[tokio::test]
async fn a_reset_tank_starts_anew_with_new_processes() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
calls = 0
def handler(event, context):
    global calls
    calls += 1
    return calls
";
    let tank = Tank::builder().build();
    let run = async || {
        let input = create_input("f", "python3.12", "app.handler", zip_of(&[("app.py", 0o644, code)]));
        request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
        tank.advance(Duration::from_secs(1)).await;
        shown(&tank, "f", &json!({})).await
    };
    let first = run().await;
    assert!(first.starts_with("200 $LATEST ok 1\n"), "{first}");
    tank.reset();
    assert_eq!(first, run().await);
}

#[tokio::test]
async fn in_a_served_tank_time_is_measured() {
    if !runs("python3.12").await {
        return;
    }
    let code = "
import time
def handler(event, context):
    print('before')
    time.sleep(0.05)
    print('after')
";
    let tank = Tank::builder().real_time().build();
    let input = create_input("f", "python3.12", "app.handler", zip_of(&[("app.py", 0o644, code)]));
    request::<api::CreateFunction>(&tank, input).await.expect("the input is complete");
    tank.advance(Duration::from_secs(1)).await;
    let before = tank.now();
    let out = tank.request::<api::Invoke>(&Scope::default(), invoke_input("f", &json!({}))).await;
    assert_eq!(out.expect("it is accepted").function_error, None);
    assert!(tank.now().since(before) >= Duration::from_millis(50));
}
