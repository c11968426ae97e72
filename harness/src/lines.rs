//! What goes into a pipeline of one's own: rows of a profile, records of a template, or a file, kept with the instants of their sending.
//!
//! Everything is kept, since the ledger compares it with what comes out: a record is some hundreds of bytes.
//! Start with [`Lines::prepare`].

use bytes::Bytes;
use wavetank_generators::kdg::{Rate, Template};
use wavetank_generators::write::write_rows;
use wavetank_generators::{Format, Profile};
use wavetank_scenarios::{Change, Scenario, ScenarioError};
use wavetank_types::{Seed, Timestamp};

use crate::client::Aws;
use crate::drive;
use crate::input::threads;
use crate::places::{Members, document, rows_of};
use crate::progress::{Progress, Stage};
use crate::run::{RunError, RunOptions};
use crate::send::{Outgoing, Sink, any_key};
use crate::ticks::ticks;

/// Records of a call, or of an object, where batches are to be small.
const SMALL_BATCH: usize = 7;

/// One record.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// As it is sent, without a line's end.
    pub(crate) data: Bytes,
    /// What it says.
    pub(crate) members: Members,
    /// When it went out. The run's begin, before that.
    pub(crate) at: Timestamp,
}

/// Records with the way in which they go.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    /// In the order of their numbers, from 0.
    pub(crate) lines: Vec<Line>,
    /// The first line of a CSV file.
    header: Option<Bytes>,
    /// A file as it was given.
    file: Option<Bytes>,
    template: Option<Template>,
    rate: Option<Rate>,
    key: Option<String>,
    seed: Seed,
    count: u64,
    change: Option<Change>,
}

impl Lines {
    /// Makes them ready. Records of a template are drawn when they go, since they may say when that was.
    pub(crate) fn prepare(scenario: &Scenario, options: &RunOptions) -> Result<Self, RunError> {
        let input = &scenario.input;
        let rows = options.rows.unwrap_or(input.rows);
        let mut lines = Self {
            lines: Vec::new(),
            header: None,
            file: None,
            template: None,
            rate: input.rate,
            key: input.key.clone(),
            seed: Seed(options.seed),
            count: rows,
            change: options.change,
        };
        if let Some(file) = &input.template {
            let named =
                |cause: String| ScenarioError::File { file: format!("{}/{file}", scenario.name), cause };
            let template = Template::parse(scenario.file(file)).map_err(|error| named(error.to_string()))?;
            lines.template = Some(template);
            return Ok(lines);
        }
        let is_csv = input.to.ends_with(".csv");
        let (body, name) = match (&options.brought, &input.file) {
            (Some(brought), _) => (brought.body.clone(), brought.name.clone()),
            (None, Some(file)) => (Bytes::from(scenario.file(file).to_owned()), file.clone()),
            (None, None) => (generated(scenario, options, rows, is_csv)?, input.to.clone()),
        };
        let named = |cause: String| RunError::Scenario(ScenarioError::File { file: name.clone(), cause });
        lines.take(&body).map_err(named)?;
        lines.count = lines.lines.len() as u64;
        lines.file = Some(body);
        Ok(lines)
    }

    /// Records of these lines of JSON, sent a second apart.
    #[cfg(test)]
    pub(crate) fn of_json(text: &'static str) -> Self {
        let mut lines = Self {
            lines: Vec::new(),
            header: None,
            file: None,
            template: None,
            rate: None,
            key: None,
            seed: Seed(0),
            count: 0,
            change: None,
        };
        lines.take(&Bytes::from_static(text.as_bytes())).expect("lines of JSON");
        for (second, line) in (0..).zip(&mut lines.lines) {
            line.at = Timestamp::TANK_EPOCH + std::time::Duration::from_secs(second);
        }
        lines.count = lines.lines.len() as u64;
        lines
    }

    /// Takes a file's records: a line of JSON each, or rows of CSV.
    fn take(&mut self, body: &Bytes) -> Result<(), String> {
        let is_json = body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
        if is_json {
            for (number, line) in (1..).zip(body.split(|byte| *byte == b'\n')) {
                let line = line.trim_ascii();
                if line.is_empty() {
                    continue;
                }
                let members = document(line).ok_or_else(|| format!("line {number} is no object of JSON"))?;
                self.lines.push(Line { data: body.slice_ref(line), members, at: Timestamp::TANK_EPOCH });
            }
            return Ok(());
        }
        let header = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
        self.header = Some(body.slice_ref(header.trim_ascii_end()));
        let (rows, unreadable) = rows_of(body.clone())?;
        if let Some(why) = unreadable.first() {
            return Err(format!("{} rows cannot be read; the first: {why}", unreadable.len()));
        }
        let names: Vec<String> = header_names(body);
        for members in rows {
            let data = Bytes::from(csv_line(&names, &members));
            self.lines.push(Line { data, members, at: Timestamp::TANK_EPOCH });
        }
        Ok(())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.count
    }

    /// Sends all of them: as one object, or over time, those of a second together at its end.
    pub(crate) async fn send(
        &mut self,
        aws: Aws<'_>,
        to: &str,
        progress: &dyn Progress,
    ) -> Result<(), RunError> {
        let start = aws.target().now();
        let instants = self.instants(start);
        self.draw(&instants);
        for (line, at) in self.lines.iter_mut().zip(&instants) {
            line.at = *at;
        }
        let order = self.order();
        if to.starts_with("s3:") {
            progress.begin(Stage::Upload, None);
            return self.put(aws, to, &order).await;
        }
        progress.begin(Stage::Send, Some(self.count));
        let sink: Sink = to.parse()?;
        let mut sent = 0;
        // The instants are those of the places in the order, whatever record goes there. A rate may never reach them all.
        while let Some(at) = instants.get(sent).copied() {
            aws.target().pause(at.since(aws.target().now())).await;
            let end = sent + instants[sent..].iter().take_while(|other| **other == at).count();
            let outgoing: Vec<Outgoing> =
                order[sent..end].iter().map(|number| self.outgoing(*number)).collect();
            for index in &order[sent..end] {
                self.lines[*index].at = at;
            }
            aws.target().intend(at, outgoing.len() as u64);
            let batch_max = if self.change == Some(Change::Rebatch) { SMALL_BATCH } else { usize::MAX };
            for batch in outgoing.chunks(batch_max.min(outgoing.len().max(1))) {
                sink.send(aws, batch).await?;
            }
            sent = end;
            progress.at(sent as u64);
        }
        Ok(())
    }

    /// Stores all of them: as one object, or as small ones beside it, if batches are to be small.
    async fn put(&self, aws: Aws<'_>, to: &str, order: &[usize]) -> Result<(), RunError> {
        if self.change != Some(Change::Rebatch) {
            let file = self.file.clone().filter(|_| self.change != Some(Change::Shuffle));
            return Ok(drive::put(aws, to, file.unwrap_or_else(|| self.object(order))).await?);
        }
        for (number, batch) in (1..).zip(order.chunks(SMALL_BATCH)) {
            drive::put(aws, &part_of(to, number), self.object(batch)).await?;
        }
        Ok(())
    }

    /// When each place of the order goes out.
    fn instants(&self, start: Timestamp) -> Vec<Timestamp> {
        let count = usize::try_from(self.count).unwrap_or(usize::MAX);
        let Some(rate) = self.rate else { return vec![start; count] };
        ticks(rate, self.count).flat_map(|(after, range)| range.map(move |_| start + after)).collect()
    }

    fn draw(&mut self, instants: &[Timestamp]) {
        let Some(template) = &self.template else { return };
        let drawn = (0..).zip(instants).map(|(number, at)| {
            let text = template.record(self.seed, number, *at);
            let data = Bytes::from(text.trim_end_matches('\n').to_owned());
            Line { members: document(&data).unwrap_or_default(), data, at: *at }
        });
        self.lines = drawn.collect();
    }

    /// The order in which records go: that of their numbers, but for a run that tries another.
    fn order(&self) -> Vec<usize> {
        let count = self.lines.len();
        if self.change != Some(Change::Shuffle) {
            return (0..count).collect();
        }
        let shuffle = wavetank_types::Permutation::new(self.seed, "metamorphic/shuffle", count as u64);
        let place = |index: usize| usize::try_from(shuffle.apply(index as u64)).unwrap_or(index);
        (0..count).map(place).collect()
    }

    fn object(&self, order: &[usize]) -> Bytes {
        let mut body = Vec::new();
        let lines = order.iter().map(|number| &self.lines[*number].data);
        for line in self.header.iter().chain(lines) {
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        body.into()
    }

    fn outgoing(&self, number: usize) -> Outgoing {
        let line = &self.lines[number];
        let key = match &self.key {
            Some(key) => line.members.get(key).cloned().flatten().unwrap_or_default(),
            None => any_key(self.seed, "lines/key", number as u64),
        };
        let mut data = line.data.to_vec();
        data.push(b'\n');
        Outgoing { key, data: data.into() }
    }
}

/// The address of a part of an object: before the name's ending, so that what starts on `.csv` starts on each.
fn part_of(uri: &str, number: usize) -> String {
    let name = uri.rfind('/').map_or(0, |slash| slash + 1);
    let dot = uri[name..].find('.').map_or(uri.len(), |dot| name + dot);
    format!("{}-{number:04}{}", &uri[..dot], &uri[dot..])
}

fn generated(scenario: &Scenario, options: &RunOptions, rows: u64, is_csv: bool) -> Result<Bytes, RunError> {
    let name = scenario.input.profile.as_deref().unwrap_or_default();
    let profile = Profile::open(name, Some(rows), Seed(options.seed), options.defects.defects)?;
    let tables = profile.tables();
    let wanted = scenario.input.table.as_deref();
    let table = tables.iter().find(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
    let Some((_, table)) = table else {
        let names = tables.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        let cause =
            format!("profile {name} has no table `{}`; there are {names}", wanted.unwrap_or_default());
        let file = format!("{}/scenario.toml", scenario.name);
        return Err(ScenarioError::File { file, cause }.into());
    };
    let mut body = Vec::new();
    write_rows(table, if is_csv { Format::Csv } else { Format::Ndjson }, threads(), &mut body)?;
    Ok(body.into())
}

fn header_names(body: &[u8]) -> Vec<String> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut reader = csv::Reader::from_reader(body);
    reader.headers().map(|header| header.iter().map(str::to_owned).collect()).unwrap_or_default()
}

fn csv_line(names: &[String], members: &Members) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let value = |name: &String| members.get(name).cloned().flatten().unwrap_or_default();
    // Writing to memory cannot fail.
    drop(writer.write_record(names.iter().map(value)));
    let mut line = writer.into_inner().unwrap_or_default();
    line.pop();
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_s_name_keeps_its_folder_and_its_ending() {
        let check = |uri: &str, part: &str| assert_eq!(part_of(uri, 3), part);
        check("s3://b/in/orders.csv", "s3://b/in/orders-0003.csv");
        check("s3://b/in.d/orders.json.gz", "s3://b/in.d/orders-0003.json.gz");
        check("s3://b/in.d/orders", "s3://b/in.d/orders-0003");
    }
}
