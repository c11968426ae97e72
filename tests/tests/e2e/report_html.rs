//! The page of a real run in a real browser: light, dark, as wide as a phone, in both languages; what it says, and that it asks
//! nobody for anything. Skips aloud where there is no Chromium. Pictures of it stay in `target/tmp/report/`.
//!
//! The browser is driven by the DevTools protocol through its pipe: messages of JSON, each with a zero byte behind it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use base64::Engine as _;
use serde_json::{Value, json};
use wavetank::flow::{Edge, Unit};
use wavetank::report::Lang;
use wavetank::sim::{self, Plan, SimOptions};
use wavetank::{Report, RunOptions};
use wavetank_scenarios::Scenario;
use wavetank_tests::{on_path, run};

/// Largest page, in bytes.
const PAGE_BYTES_MAX: usize = 500_000;

async fn report(name: &str, options: RunOptions) -> Report {
    run(name, &RunOptions { look: true, seed: 7, ..options })
        .await
        .1
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A Chromium with one empty tab.
struct Browser {
    child: Child,
    to: ChildStdin,
    from: ChildStdout,
    read: Vec<u8>,
    last: u64,
    session: String,
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Browser {
    fn open() -> Option<Self> {
        let program = ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(on_path)?;
        let profile = tempfile::tempdir().unwrap();
        // The pipe is at descriptors 3 and 4, which a shell can put there.
        let script = format!(
            "exec '{}' --headless=new --no-sandbox --disable-gpu --user-data-dir='{}' --remote-debugging-pipe \
             3<&0 4>&1 </dev/null >/dev/null 2>&1",
            program.display(),
            profile.path().display()
        );
        let mut command = Command::new("bash");
        command.args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (read, events, session) = (Vec::new(), Vec::new(), String::new());
        let mut browser = Self { child, to, from, read, last: 0, session, events, _profile: profile };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }))["targetId"].clone();
        let attached = browser.call("Target.attachToTarget", json!({ "targetId": target, "flatten": true }));
        browser.session = attached["sessionId"].as_str().unwrap().to_owned();
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    fn next(&mut self) -> Value {
        loop {
            if let Some(end) = self.read.iter().position(|byte| *byte == 0) {
                let message: Vec<u8> = self.read.drain(..=end).collect();
                return serde_json::from_slice(&message[..end]).unwrap();
            }
            let mut part = [0; 65_536];
            let count = self.from.read(&mut part).unwrap();
            assert!(count > 0, "the browser has gone away");
            self.read.extend_from_slice(&part[..count]);
        }
    }

    fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let mut message = json!({ "id": self.last, "method": method, "params": params });
        if !self.session.is_empty() {
            message["sessionId"] = json!(self.session);
        }
        self.to.write_all(format!("{message}\0").as_bytes()).unwrap();
        loop {
            let mut answer = self.next();
            if answer["id"] == json!(self.last) {
                assert!(answer["error"].is_null(), "{method}: {answer}");
                return answer["result"].take();
            }
            self.events.push(answer);
        }
    }

    /// Opens a page at this width, and waits until it is there.
    fn show(&mut self, page: &Path, width: u32, scheme: &str) {
        let metrics = json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", metrics);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", scheme);
        self.events.clear();
        self.call("Page.navigate", json!({ "url": format!("file://{}", page.display()) }));
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            let event = self.next();
            self.events.push(event);
        }
    }

    fn ask(&mut self, script: &str) -> Value {
        let mut answer =
            self.call("Runtime.evaluate", json!({ "expression": script, "returnByValue": true }));
        assert!(answer["exceptionDetails"].is_null(), "{script}: {answer}");
        answer["result"]["value"].take()
    }

    /// A picture of the whole page, kept for people.
    fn picture(&mut self, name: &str, width: u32) {
        let height = self.ask("document.documentElement.scrollHeight");
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let answer = self.call("Page.captureScreenshot", asked);
        let png = base64::engine::general_purpose::STANDARD.decode(answer["data"].as_str().unwrap()).unwrap();
        assert!(png.len() > 20_000, "{name}: a picture of {} bytes shows nothing", png.len());
        fs::write(folder().join(name), png).unwrap();
    }

    /// What the page has asked of the network or told the console.
    fn complaints(&self) -> Vec<String> {
        let is_own = |url: &str| url.starts_with("file:") && url.ends_with(".html");
        let complaint = |event: &Value| match event["method"].as_str()? {
            "Log.entryAdded" | "Runtime.exceptionThrown" | "Runtime.consoleAPICalled" => {
                Some(event.to_string())
            }
            "Network.requestWillBeSent" => {
                let url = event["params"]["request"]["url"].as_str()?;
                (!is_own(url)).then(|| url.to_owned())
            }
            _ => None,
        };
        self.events.iter().filter_map(complaint).collect()
    }
}

/// Where pages and pictures stay.
fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report");
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn keep(name: &str, page: &str) -> PathBuf {
    assert!(page.len() < PAGE_BYTES_MAX, "{name}: {} bytes", page.len());
    let path = folder().join(name);
    fs::write(&path, page).unwrap();
    path
}

/// The number of the first row of the graph's table that counts this.
const COUNTED: &str = "unit => Number(document.querySelector(`tr[data-unit=${unit}]`)?.dataset.number ?? 0)";

fn check(browser: &mut Browser, name: &str, report: &Report) {
    for lang in [Lang::En, Lang::Vi] {
        let tag = lang.pick("en", "vi");
        let page = keep(&format!("{name}-{tag}.html"), &report.to_html(lang));
        for (width, scheme) in [(1_280, "light"), (1_280, "dark"), (360, "light")] {
            browser.show(&page, width, scheme);
            let told = format!("{name} {tag} {width} {scheme}");
            assert_eq!(browser.complaints(), Vec::<String>::new(), "{told}");
            let wide = browser.ask("document.documentElement.scrollWidth");
            assert!(wide.as_u64().unwrap() <= u64::from(width), "{told}: the page is {wide} wide");
            assert_eq!(browser.ask("document.documentElement.lang"), tag, "{told}");
            let dark = browser.ask("getComputedStyle(document.body).color.match(/\\d+/)[0] > 128");
            assert_eq!(dark, scheme == "dark", "{told}");
            let millis = browser
                .ask("Math.round(performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd)");
            eprintln!("{told}: {} bytes, there after {millis} ms", fs::metadata(&page).unwrap().len());
            browser.picture(&format!("{name}-{tag}-{width}-{scheme}.png"), width);
        }
        let ledger = &report.ledger;
        for (unit, number) in [
            ("RowsSent", ledger.generated),
            ("Delivered", ledger.delivered),
            ("Rejected", ledger.rejected.values().sum()),
        ] {
            assert_eq!(browser.ask(&format!("({COUNTED})('{unit}')")), number, "{name} {tag} {unit}");
        }
        let text = browser.ask("document.body.innerText");
        let said = lang.pick("What became of the records", "Số phận của các bản ghi");
        assert!(text.as_str().unwrap().contains(said), "{name} {tag}");
        let is_nfc = browser.ask("document.body.innerText === document.body.innerText.normalize('NFC')");
        assert_eq!(is_nfc, true, "{name} {tag}");
        // The order of headings is that of their depth, and every picture has a name.
        let unnamed = "document.querySelectorAll('svg:not([aria-label]):not([aria-labelledby])').length";
        assert_eq!(browser.ask(unnamed), 0, "{name} {tag}");
        assert_eq!(browser.ask("document.querySelectorAll('h1').length"), 1, "{name} {tag}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_whole_on_a_desk_and_on_a_phone_and_says_what_the_ledger_says() {
    let good = report(
        "event-revenue",
        RunOptions { defects: "malformed=0.1".parse().unwrap(), ..RunOptions::default() },
    );
    let (good, bad) = (
        good.await,
        report("event-revenue", RunOptions { variant: Some("as-taught".into()), ..RunOptions::default() })
            .await,
    );
    assert!(good.is_ok() && !bad.is_ok());
    let Some(mut browser) = Browser::open() else {
        eprintln!("SKIPPED: no chromium on PATH; install Debian's `chromium`");
        return;
    };
    check(&mut browser, "event-revenue", &good);
    check(&mut browser, "as-taught", &bad);
    assert_eq!(
        browser.ask("document.querySelectorAll('.way.bad').length > 0"),
        true,
        "a failed check marks its edge"
    );
    // The theme goes around by its button.
    let click = "document.getElementById('theme').click(); document.documentElement.dataset.theme";
    assert_eq!(browser.ask(click), "light");
    assert_eq!(browser.ask(click), "dark");
    assert_eq!(browser.ask("getComputedStyle(document.body).colorScheme"), "dark");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_seed_writes_the_same_page() {
    let (first, second) =
        (report("trades", RunOptions::default()).await, report("trades", RunOptions::default()).await);
    assert_eq!(first.to_html(Lang::En), second.to_html(Lang::En));
    assert_eq!(first.to_html(Lang::Vi), second.to_html(Lang::Vi));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_pipeline_has_a_picture_with_numbers_on_its_edges_and_one_of_ones_own_too() {
    let own = wavetank_tests::root().join("examples/pipeline").display().to_string();
    // What leads to what, with so much of this.
    let trades = [
        ("trades", "trades", Unit::RecordsSent),
        ("trades", "trades-state", Unit::Invocations),
        ("trades-state", "trades-state", Unit::Delivered),
        ("trades-state", "/aws/lambda/trades-state", Unit::Rejected),
        ("trades-deltas", "trades-reduce", Unit::Invocations),
        ("trades-aggregates", "answers", Unit::RightAnswers),
    ];
    let lake = [
        ("device-event.template", "data-lake-iot-events", Unit::RecordsSent),
        ("data-lake-iot-events", "data-lake-iot-000000000000", Unit::Delivered),
        ("data-lake-iot-join", "data-lake-iot-000000000000", Unit::Objects),
        ("data-lake-iot-raw", "data_lake_iot", Unit::Tables),
        ("data_lake_iot", "data-lake-iot", Unit::Queries),
    ];
    for (name, wanted) in
        [("trades", &trades[..]), ("data-lake-iot", &lake), ("table-design", &[]), (&own, &[])]
    {
        let report = report(name, RunOptions::default()).await;
        let flow = report.flow.as_ref().unwrap();
        assert_eq!(flow.unknown, Vec::<String>::new(), "{name}");
        let counted = flow.edges.iter().filter(|edge| !edge.counts.is_empty()).count();
        assert!(flow.nodes.len() >= 3 && counted * 2 > flow.edges.len(), "{name}: {flow:#?}");
        for (from, to, unit) in wanted {
            let is_it = |edge: &&Edge| flow.nodes[edge.from].name == *from && flow.nodes[edge.to].name == *to;
            let mut counts = flow.edges.iter().filter(is_it).flat_map(|edge| &edge.counts);
            assert!(counts.any(|count| count.unit == *unit), "{name}: {from} -> {to} {unit:?}");
        }
        let delivered =
            flow.edges.iter().flat_map(|edge| &edge.counts).find(|count| count.unit == Unit::Delivered);
        assert_eq!(delivered.map(|count| count.number), Some(report.ledger.delivered), "{name}");
        keep(&format!("{}.html", name.rsplit('/').next().unwrap()), &report.to_html(Lang::En));
    }
}

#[test]
fn the_page_of_a_simulated_run_has_its_faults_on_the_axis_of_time() {
    let scenario = Scenario::open("trades").unwrap();
    let options = SimOptions { rows: Some(60), intensity: Some(1.0), ..SimOptions::default() };
    let plan = Plan::of(&scenario, &options, 3);
    assert!(plan.swarm.faults.len() > 3, "{plan:?}");
    let page = sim::page(&scenario, &plan, "wavetank sim --replay failures/trades-3", Lang::En).unwrap();
    let faults = scenario.faults.len() + plan.swarm.faults.len();
    assert_eq!(
        page.matches("class=\"lane Fault\"").count(),
        faults,
        "the scenario's own and those that were drawn"
    );
    for fault in &plan.swarm.faults {
        assert!(page.contains(&format!("{} {}", fault.kind.name(), fault.place())), "{fault:?}");
    }
    assert!(page.contains("wavetank sim --replay failures/trades-3"));
    keep("sim-trades.html", &page);
}
