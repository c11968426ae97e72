//! The report as JUnit's XML, which CI servers read: a suite for the run, a case for each check and each query.
//!
//! The form: github.com/testmoapp/junitxml (read 2026-11-29). Times are left out: they would differ from run to run.

use super::{Lang, Report};
use crate::check::Verdict;

impl Report {
    /// The file's text.
    pub fn to_junit(&self, lang: Lang) -> String {
        let mut cases = Vec::new();
        let class = format!("wavetank.{}", self.scenario);
        for (number, finding) in (1..).zip(&self.findings) {
            let name = format!("{number}. {}: {}", finding.name, lang.say(&finding.detail));
            let mut body = String::new();
            match finding.verdict {
                Verdict::Passed => {}
                Verdict::NotRun => {
                    body.push_str(&format!("<skipped message=\"{}\"/>", escaped(lang.say(&finding.detail))))
                }
                Verdict::Failed => {
                    let lines: Vec<&str> =
                        finding.examples.iter().chain(&finding.cause).map(|said| lang.say(said)).collect();
                    let (what, why) = (escaped(lang.say(&finding.detail)), escaped(&lines.join("\n")));
                    body.push_str(&format!(
                        "<failure message=\"{what}\" type=\"{}\">{why}</failure>",
                        escaped(&finding.name)
                    ));
                }
            }
            cases.push(case(&class, &name, &body));
        }
        for query in &self.queries {
            let body = match (&query.failure, query.ok) {
                (Some(failure), _) => format!("<failure message=\"{}\" type=\"query\"/>", escaped(failure)),
                (None, Some(false)) => {
                    "<failure message=\"another answer than the generated data says\" type=\"query\"/>"
                        .to_owned()
                }
                (None, None) => {
                    let why = query.not_run.as_ref().map_or("nobody knows the answer", |why| lang.say(why));
                    format!("<skipped message=\"{}\"/>", escaped(why))
                }
                (None, Some(true)) => String::new(),
            };
            cases.push(case(&class, &format!("query {}", query.name), &body));
        }
        let count = |tag: &str| cases.iter().filter(|case| case.contains(tag)).count();
        let (failures, skipped) = (count("<failure"), count("<skipped"));
        let suite = escaped(
            &self
                .variant
                .as_ref()
                .map_or_else(|| self.scenario.clone(), |variant| format!("{} ({variant})", self.scenario)),
        );
        let counts =
            format!("tests=\"{}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\"", cases.len());
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"wavetank\" {counts}>\n  <testsuite name=\"{suite}\" {counts}>\n    <properties>\n      \
             <property name=\"seed\" value=\"{}\"/>\n      <property name=\"replay\" value=\"{}\"/>\n    </properties>\n{}  </testsuite>\n</testsuites>\n",
            self.seed,
            escaped(&self.replay),
            cases.concat(),
        )
    }
}

fn case(class: &str, name: &str, body: &str) -> String {
    let (class, name) = (escaped(class), escaped(name));
    match body {
        "" => format!("    <testcase classname=\"{class}\" name=\"{name}\"/>\n"),
        _ => format!("    <testcase classname=\"{class}\" name=\"{name}\">{body}</testcase>\n"),
    }
}

/// Text of an XML or HTML document. Characters that XML has no way to write become `?`.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::QueryReport;
    use super::*;
    use crate::check::Finding;
    use expect_test::expect;
    use wavetank_types::Said;

    #[test]
    fn each_check_and_query_is_a_case_and_a_failure_says_what_and_why() {
        let query = |name: &str, ok| QueryReport {
            name: name.to_owned(),
            columns: Vec::new(),
            rows: Vec::new(),
            ok,
            failure: None,
            not_run: None,
        };
        let report = Report {
            scenario: "s".into(),
            replay: "wavetank run s --seed 0".into(),
            findings: vec![
                Finding::new("files", true, Said::new("1 file", "1 tệp")),
                Finding::new("conserved", false, Said::new("1 < 2 & \"x\"", "1 < 2"))
                    .with_examples([Said::plain("record 1\u{1}: lost")])
                    .with_cause(Said::plain("a job")),
                Finding::not_run("oracle", Said::plain("no truth")),
            ],
            queries: vec![query("right", Some(true)), query("wrong", Some(false))],
            ..Report::default()
        };
        expect![[r#"
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites name="wavetank" tests="5" failures="2" errors="0" skipped="1">
              <testsuite name="s" tests="5" failures="2" errors="0" skipped="1">
                <properties>
                  <property name="seed" value="0"/>
                  <property name="replay" value="wavetank run s --seed 0"/>
                </properties>
                <testcase classname="wavetank.s" name="1. files: 1 file"/>
                <testcase classname="wavetank.s" name="2. conserved: 1 &lt; 2 &amp; &quot;x&quot;"><failure message="1 &lt; 2 &amp; &quot;x&quot;" type="conserved">record 1?: lost
            a job</failure></testcase>
                <testcase classname="wavetank.s" name="3. oracle: no truth"><skipped message="no truth"/></testcase>
                <testcase classname="wavetank.s" name="query right"/>
                <testcase classname="wavetank.s" name="query wrong"><failure message="another answer than the generated data says" type="query"/></testcase>
              </testsuite>
            </testsuites>
        "#]]
        .assert_eq(&report.to_junit(Lang::En));
    }
}
