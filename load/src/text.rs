//! One load as text, in English or Vietnamese; AWS's terms stay English. Markdown is the same text in a block.

use crate::saved::Saved;
use crate::tally::Times;

/// The language of the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Vietnamese.
    Vi,
}

impl Lang {
    fn pick<'a>(self, en: &'a str, vi: &'a str) -> &'a str {
        match self {
            Self::En => en,
            Self::Vi => vi,
        }
    }
}

/// The load for people.
pub fn to_text(saved: &Saved, lang: Lang) -> String {
    let mut text = String::new();
    head(saved, lang, &mut text);
    if let Some(limit) = &saved.generator.limit {
        let heading = lang.pick(
            "!! THE GENERATOR IS THE LIMIT, not the server",
            "!! GIỚI HẠN LÀ BỘ TẠO TẢI, không phải server",
        );
        text.push_str(&format!("\n{heading}\n   {}\n", lang.pick(&limit.en, &limit.vi)));
    }
    rates(saved, lang, &mut text);
    latencies(saved, lang, &mut text);
    failures(saved, lang, &mut text);
    uses(saved, lang, &mut text);
    scenario(saved, lang, &mut text);
    text
}

fn line(text: &mut String, name: &str, rest: &str) {
    let pad = 12usize.saturating_sub(name.chars().count());
    text.push_str(&format!("{name}{}{rest}\n", " ".repeat(pad)));
}

fn head(saved: &Saved, lang: Lang, text: &mut String) {
    let command = &saved.command;
    let worker = match command.workers {
        1 => String::new(),
        all => format!(", {} {:?}/{all}", lang.pick("workers", "worker"), saved.workers),
    };
    let (rate, arrivals, seed) = (&command.rate, &command.arrivals, command.seed);
    // Of a scenario the records are its own.
    let form = match (command.record_bytes, command.batch) {
        (0, _) => format!("{} {}", command.rows, lang.pick("records", "bản ghi")),
        (bytes, 1) => format!("{bytes} B"),
        (bytes, batch) => format!("{batch} x {bytes} B {}", lang.pick("a request", "mỗi request")),
    };
    let span = command.for_ms as f64 / 1e3;
    let variant = command.variant.as_ref().map_or(String::new(), |name| format!(" --variant {name}"));
    text.push_str(&format!(
        "{}{variant}   {rate} {} {span} s, {form}, {arrivals}, {} {}, seed {seed}{worker}\n",
        command.what,
        lang.pick("for", "trong"),
        command.connections,
        lang.pick("connections", "kết nối"),
    ));
    line(text, lang.pick("against", "đối tượng"), &saved.against);
    if saved.interrupted {
        line(
            text,
            "",
            lang.pick(
                "INTERRUPTED: what follows is of the time before",
                "BỊ NGẮT: số liệu là của phần trước đó",
            ),
        );
    }
}

fn rates(saved: &Saved, lang: Lang, text: &mut String) {
    let counters = &saved.tally.counters;
    let intended = counters.intended as f64 / saved.intended_seconds();
    let (requests, records) =
        (counters.answered as f64 / saved.seconds(), counters.accepted as f64 / saved.seconds());
    let share = 100.0 * counters.answered as f64 / counters.intended.max(1) as f64;
    text.push('\n');
    line(
        text,
        "requests",
        &format!(
            "{} {} {} {} ({share:.1} %): {requests:.1}/s {} {intended:.1}/s",
            counters.answered,
            lang.pick("answered of", "được trả lời trên"),
            counters.intended,
            lang.pick("intended", "dự định"),
            lang.pick("of", "trên"),
        ),
    );
    let calls = counters.calls as f64 / counters.records.max(1) as f64;
    line(
        text,
        "records",
        &format!(
            "{} {} ({records:.0}/s), {} {}; {calls:.4} API calls/record",
            counters.accepted,
            lang.pick("taken", "được nhận"),
            counters.refused,
            lang.pick("refused in part", "bị từ chối trong batch"),
        ),
    );
    line(
        text,
        "bytes",
        &format!(
            "{} {}, {} {}",
            amount(counters.bytes_sent),
            lang.pick("sent", "gửi đi"),
            amount(counters.bytes_received),
            lang.pick("received", "nhận về"),
        ),
    );
    if counters.polls > 0 {
        let rest = format!(
            "{} {}, {}: {}",
            counters.polls,
            lang.pick("looks whether a query is done", "lần hỏi truy vấn đã xong chưa"),
            amount(counters.poll_bytes),
            lang.pick("not among calls and bytes", "không tính vào API call và byte ở trên"),
        );
        line(text, "polls", &rest);
    }
    if counters.bytes_scanned > 0 {
        line(
            text,
            "SQL",
            &format!(
                "{} {}, {} {}",
                amount(counters.bytes_scanned),
                lang.pick("scanned", "được quét"),
                counters.rows_returned,
                lang.pick("rows answered", "dòng trả về"),
            ),
        );
    }
    if counters.unsent > 0 {
        let rest = format!(
            "{} {}",
            counters.unsent,
            lang.pick(
                "requests never left: all connections were waiting",
                "request không được gửi: mọi kết nối đều đang chờ"
            )
        );
        line(text, lang.pick("unsent", "chưa gửi"), &rest);
    }
}

fn latencies(saved: &Saved, lang: Lang, text: &mut String) {
    let mut row = |name: &str, times: &Times, what: &str| {
        if times.count() == 0 {
            return;
        }
        let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
        let shown: Vec<String> =
            shares.iter().map(|(name, share)| format!("{name} {}", ms(times.at(*share)))).collect();
        line(text, name, &format!("{}  max {}   {what}", shown.join("  "), ms(times.max())));
    };
    let tally = &saved.tally;
    row(
        lang.pick("latency", "độ trễ"),
        &tally.latency,
        lang.pick("from the instant at which it was to leave", "tính từ thời điểm dự định gửi"),
    );
    row("service", &tally.service, lang.pick("from the instant at which it left", "tính từ lúc gửi thật"));
    row(
        lang.pick("late", "gửi trễ"),
        &tally.lateness,
        lang.pick(
            "the generator's own: left late though a connection was free",
            "do bộ tạo tải: gửi trễ dù còn kết nối rảnh",
        ),
    );
}

fn failures(saved: &Saved, lang: Lang, text: &mut String) {
    let (tally, counters) = (&saved.tally, &saved.tally.counters);
    let listed = |names: &std::collections::BTreeMap<String, u64>| {
        let parts: Vec<String> = names.iter().map(|(name, count)| format!("{name} {count}")).collect();
        if parts.is_empty() { lang.pick("none", "không có").to_owned() } else { parts.join(", ") }
    };
    line(text, lang.pick("errors", "lỗi"), &listed(&tally.errors));
    line(text, "throttles", &listed(&tally.throttles));
    if counters.retries + counters.reconnects > 0 {
        let rest = format!(
            "{} {}, {} {}",
            counters.retries,
            lang.pick("tries again", "lần thử lại"),
            counters.reconnects,
            lang.pick("new connections for closed ones", "kết nối lại")
        );
        line(text, lang.pick("again", "thử lại"), &rest);
    }
}

fn uses(saved: &Saved, lang: Lang, text: &mut String) {
    let seconds = saved.seconds();
    match (&saved.server, saved.cpu_ms_per_request()) {
        (Some(server), per_request) => {
            let per_request = per_request.map_or(String::new(), |cpu| {
                format!(", {} {}", ms(cpu), lang.pick("a request", "mỗi request"))
            });
            let instructions =
                server.instructions.map_or(String::new(), |count| format!(", {count} instructions"));
            let cores = server.cpu_ms as f64 / 1e3 / seconds;
            line(
                text,
                "server",
                &format!(
                    "CPU {} ({cores:.2} {}){per_request}{instructions}; RSS {}, {} {}",
                    ms(server.cpu_ms as f64),
                    lang.pick("cores", "lõi"),
                    amount(server.rss_bytes),
                    lang.pick("peak", "cao nhất"),
                    amount(server.rss_peak_bytes),
                ),
            );
        }
        (None, _) if saved.workers.len() > 1 => line(
            text,
            "server",
            lang.pick(
                "CPU and memory are not joined: each worker saw the server for itself, perhaps the same one",
                "không gộp CPU và bộ nhớ: mỗi worker tự xem server, có thể là cùng một server",
            ),
        ),
        (None, _) => line(
            text,
            "server",
            lang.pick(
                "CPU and memory unknown: no process of this machine that we may look at",
                "không biết CPU và bộ nhớ: không phải tiến trình của máy này mà ta được xem",
            ),
        ),
    }
    if let Some(stored) = saved.stored {
        line(
            text,
            "S3",
            &format!("{} {}, {}", stored.objects, lang.pick("objects", "object"), amount(stored.bytes)),
        );
    }
    if saved.scenario.is_some() {
        return;
    }
    let cores = saved.generator.cpu_ms as f64 / 1e3 / seconds;
    let waited = ms(saved.generator.waited_ms as f64);
    line(
        text,
        lang.pick("generator", "bộ tạo tải"),
        &format!(
            "{cores:.2} {}; {} {waited}",
            lang.pick("cores", "lõi"),
            lang.pick("waited for a core", "chờ lõi CPU")
        ),
    );
}

fn scenario(saved: &Saved, lang: Lang, text: &mut String) {
    let Some(found) = &saved.scenario else { return };
    text.push('\n');
    if let Some(fresh) = &found.freshness {
        let shown = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)]
            .map(|(name, share)| format!("{name} {:.1} s", fresh.at(share) / 1e3));
        line(
            text,
            lang.pick("freshness", "độ tươi"),
            &format!(
                "{}  max {:.1} s   {}",
                shown.join("  "),
                fresh.max() / 1e3,
                lang.pick(
                    "from event time until it can be queried, in the target's time",
                    "từ event time đến khi truy vấn được, theo thời gian của target"
                ),
            ),
        );
    }
    for check in &found.checks {
        let verdict = match check.verdict.as_str() {
            "passed" => lang.pick("PASS", "ĐẠT"),
            "failed" => lang.pick("FAIL", "LỖI"),
            _ => "----",
        };
        line(text, verdict, &format!("{:<12} {}", check.name, check.detail));
    }
}

/// Milliseconds, with as many digits as they are worth.
pub(crate) fn ms(ms: f64) -> String {
    match ms {
        ms if ms >= 10_000.0 => format!("{:.1} s", ms / 1e3),
        ms if ms >= 100.0 => format!("{ms:.0} ms"),
        ms if ms >= 10.0 => format!("{ms:.1} ms"),
        ms if ms >= 1.0 => format!("{ms:.2} ms"),
        ms => format!("{ms:.3} ms"),
    }
}

/// Bytes, with a unit.
pub(crate) fn amount(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes >= 1e9 => format!("{:.2} GB", bytes / 1e9),
        bytes if bytes >= 1e6 => format!("{:.1} MB", bytes / 1e6),
        bytes if bytes >= 1e3 => format!("{:.1} KB", bytes / 1e3),
        bytes => format!("{bytes} B"),
    }
}
