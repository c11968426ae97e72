//! TransactWriteItems: puts, updates, deletes and checks that all happen, or none.

use std::collections::{BTreeMap, BTreeSet};

use wavetank_wire::Val;
use wavetank_wire::dynamodb::{
    ConditionCheck, Delete, Put, TransactWriteItem, TransactWriteItemsInput, TransactWriteItemsOutput, Update,
};

use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::terms::{Operation, Parameters, Terms};
use crate::services::dynamodb::value::{Item, Packed, item_bytes};
use crate::services::dynamodb::{DynamoDb, limits};
use crate::world::Cx;

use super::super::capacity::{Consumed, Manner, Split, Told, read_units};
use super::super::error::{DataError, Reason};
use super::super::find::table_name;
use super::super::meters;
use super::super::single::Metrics;
use super::super::throttle::{Limit, Way};
use super::super::write::{Plan, Write, read_item, read_key};
use super::token::Digest;

/// An action that has been read, before its table is looked for.
struct Asked {
    /// As the client named the table.
    given: String,
    what: What,
    terms: Terms,
    on_failure: Option<String>,
}

enum What {
    Put(Packed),
    Update(Item),
    Delete(Item),
    Check(Item),
}

/// An action that fits its table.
pub(in super::super) struct Fitted {
    pub(in super::super) given: String,
    pub(in super::super) write: Write,
}

impl Asked {
    fn of(cx: &Cx<'_>, action: TransactWriteItem) -> Result<Self, DynamoError> {
        match action {
            TransactWriteItem { condition_check: Some(check), put: None, delete: None, update: None } => {
                Self::check(cx, check)
            }
            TransactWriteItem { condition_check: None, put: Some(put), delete: None, update: None } => {
                Self::put(cx, put)
            }
            TransactWriteItem { condition_check: None, put: None, delete: Some(delete), update: None } => {
                Self::delete(cx, delete)
            }
            TransactWriteItem { condition_check: None, put: None, delete: None, update: Some(update) } => {
                Self::update(cx, update)
            }
            _ => Err(DataError::NotOneAction.into()),
        }
    }

    fn check(cx: &Cx<'_>, check: ConditionCheck) -> Result<Self, DynamoError> {
        table_name(cx, &check.table_name)?;
        let parameters = Parameters {
            condition_expression: Some(check.condition_expression),
            expression_attribute_names: check.expression_attribute_names,
            expression_attribute_values: check.expression_attribute_values,
            ..Parameters::default()
        };
        let what = What::Check(read_key(check.key)?);
        let terms = parameters.read_any(Operation::ConditionCheck)?;
        let on_failure = check.return_values_on_condition_check_failure;
        Ok(Self { given: check.table_name, what, terms, on_failure })
    }

    fn put(cx: &Cx<'_>, put: Put) -> Result<Self, DynamoError> {
        table_name(cx, &put.table_name)?;
        let parameters = Parameters {
            condition_expression: put.condition_expression,
            expression_attribute_names: put.expression_attribute_names,
            expression_attribute_values: put.expression_attribute_values,
            ..Parameters::default()
        };
        let what = What::Put(read_item(put.item)?);
        let terms = parameters.read_any(Operation::Put)?;
        let on_failure = put.return_values_on_condition_check_failure;
        Ok(Self { given: put.table_name, what, terms, on_failure })
    }

    fn delete(cx: &Cx<'_>, delete: Delete) -> Result<Self, DynamoError> {
        table_name(cx, &delete.table_name)?;
        let parameters = Parameters {
            condition_expression: delete.condition_expression,
            expression_attribute_names: delete.expression_attribute_names,
            expression_attribute_values: delete.expression_attribute_values,
            ..Parameters::default()
        };
        let what = What::Delete(read_key(delete.key)?);
        let terms = parameters.read_any(Operation::Delete)?;
        let on_failure = delete.return_values_on_condition_check_failure;
        Ok(Self { given: delete.table_name, what, terms, on_failure })
    }

    fn update(cx: &Cx<'_>, update: Update) -> Result<Self, DynamoError> {
        table_name(cx, &update.table_name)?;
        let parameters = Parameters {
            update_expression: Some(update.update_expression),
            condition_expression: update.condition_expression,
            expression_attribute_names: update.expression_attribute_names,
            expression_attribute_values: update.expression_attribute_values,
            ..Parameters::default()
        };
        let what = What::Update(read_key(update.key)?);
        let terms = parameters.read_any(Operation::Update)?;
        let on_failure = update.return_values_on_condition_check_failure;
        Ok(Self { given: update.table_name, what, terms, on_failure })
    }

    /// What the client sent of the item, in bytes.
    fn bytes(&self) -> usize {
        match &self.what {
            What::Put(item) => item.item_bytes(),
            What::Update(key) | What::Delete(key) | What::Check(key) => item_bytes(key),
        }
    }

    fn fit(self, table: &Table) -> Result<Fitted, DynamoError> {
        let Self { given, what, terms, on_failure } = self;
        let write = match what {
            What::Put(item) => Write::put(table, item, terms.condition),
            What::Update(key) => Write::update(table, key, terms.update.unwrap_or_default(), terms.condition),
            What::Delete(key) => Write::delete(table, key, terms.condition),
            What::Check(key) => Write::check(table, key, terms.condition),
        }?;
        Ok(Fitted { given, write: write.showing(on_failure.as_deref()) })
    }
}

impl DynamoDb {
    /// Performs up to a hundred actions on as many items, or none of them.
    pub(in super::super::super) fn transact_write_items(
        &mut self,
        cx: &mut Cx<'_>,
        input: TransactWriteItemsInput,
    ) -> Result<TransactWriteItemsOutput, DynamoError> {
        let token = input.client_request_token.map(|token| (token, digest(&input.transact_items)));
        let told = Told::of(input.return_consumed_capacity.as_deref());
        let mut all = Vec::with_capacity(input.transact_items.len());
        for action in input.transact_items {
            all.push(Asked::of(cx, action)?);
        }
        let bytes = all.iter().map(Asked::bytes).sum::<usize>();
        if bytes > limits::TRANSACTION_BYTES_MAX {
            return Err(DataError::PayloadTooLarge { bytes }.into());
        }
        let count = all.len();
        for asked in &all {
            self.readable(cx, table_name(cx, &asked.given)?)?;
        }
        let mut fitted = Vec::with_capacity(count);
        for (at, asked) in all.into_iter().enumerate() {
            let table = self.readable(cx, table_name(cx, &asked.given)?)?;
            fitted.push(asked.fit(table).map_err(|why| super::misfit(count, at, &why))?);
        }
        if let Some((token, digest)) = &token
            && self.here(cx).tokens.has(cx.now, token, *digest)?
        {
            let consumed = self.reread(cx, &fitted)?;
            return Ok(TransactWriteItemsOutput {
                consumed_capacity: told.wire_all(&consumed, Split::Reads),
                item_collection_metrics: None,
            });
        }
        let wanted = input.return_item_collection_metrics.as_deref();
        let (consumed, collections) = self.perform(cx, fitted, "TransactWriteItems", wanted)?;
        if let Some((token, digest)) = token {
            let now = cx.now;
            self.here(cx).tokens.keep(now, token, digest);
        }
        Ok(TransactWriteItemsOutput {
            consumed_capacity: told.wire_all(&consumed, Split::Writes),
            item_collection_metrics: (!collections.is_empty()).then_some(collections),
        })
    }

    /// Decides all writes, then makes them.
    pub(in super::super) fn perform(
        &mut self,
        cx: &mut Cx<'_>,
        fitted: Vec<Fitted>,
        operation: &str,
        metrics: Option<&str>,
    ) -> Result<(Vec<(String, Consumed)>, Collections), DynamoError> {
        let strict = self.strict;
        let plans = self.decide(cx, &fitted)?;
        let (mut consumed, mut wanted) = (Vec::new(), Vec::new());
        for (Fitted { given, write }, plan) in fitted.into_iter().zip(plans) {
            let table = self.writable(cx, table_name(cx, &given)?)?;
            wanted
                .extend(Metrics::wanted(metrics, table, &write.key).map(|metrics| (given.clone(), metrics)));
            let done = write.make(cx, table, plan, Manner::Transactional, strict);
            count(&mut consumed, &given, done.consumed);
        }
        for (given, _) in &consumed {
            let name = table_name(cx, given)?;
            meters::granted(cx, name, operation, Way::Write);
        }
        let mut collections = Collections::new();
        for (given, metrics) in wanted {
            let measured = metrics.wire(self.readable(cx, table_name(cx, &given)?)?);
            collections.entry(given).or_default().push(measured);
        }
        Ok((consumed, collections))
    }

    fn decide(&mut self, cx: &mut Cx<'_>, fitted: &[Fitted]) -> Result<Vec<Plan>, DynamoError> {
        let mut rows = BTreeSet::new();
        for Fitted { given, write } in fitted {
            if !rows.insert((table_name(cx, given)?, write.key.row())) {
                return Err(DataError::OneItemTwice.into());
            }
        }
        let strict = self.strict;
        let mut plans = Vec::with_capacity(fitted.len());
        let mut reasons = Vec::new();
        for (at, Fitted { given, write }) in fitted.iter().enumerate() {
            let name = table_name(cx, given)?;
            match write.admitted_plan(cx, self.writable(cx, name)?, Manner::Transactional, strict) {
                Ok(plan) => plans.push(plan),
                Err(why) => {
                    reasons.resize(at, Reason::NONE);
                    reasons.push(Reason::of(why));
                }
            }
        }
        if reasons.is_empty() {
            return Ok(plans);
        }
        reasons.resize(fitted.len(), Reason::NONE);
        Err(DataError::Canceled(reasons).into())
    }

    /// What is consumed when a transaction that has been made is asked for again: its items are read.
    /// Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html (an edition of 2023-02 read 2026-11-28).
    pub(in super::super) fn reread(
        &self,
        cx: &Cx<'_>,
        fitted: &[Fitted],
    ) -> Result<Vec<(String, Consumed)>, DynamoError> {
        let mut consumed = Vec::new();
        for Fitted { given, write } in fitted {
            let table = self.readable(cx, table_name(cx, given)?)?;
            let bytes = table.rows.get(&write.key.row()).map_or(0, Packed::item_bytes);
            count(&mut consumed, given, Consumed::of_table(read_units(bytes, Manner::Transactional)));
        }
        Ok(consumed)
    }
}

type Collections = BTreeMap<String, Vec<wavetank_wire::dynamodb::ItemCollectionMetrics>>;

/// Adds to what has been consumed of a table.
pub(in super::super) fn count(all: &mut Vec<(String, Consumed)>, table: &str, consumed: Consumed) {
    match all.iter_mut().find(|(name, _)| name == table) {
        Some((_, known)) => known.add(consumed),
        None => all.push((table.to_owned(), consumed)),
    }
}

impl Reason {
    /// Why an action could not be performed.
    pub(in super::super) fn of(why: DynamoError) -> Self {
        let message = Some(why.to_string());
        match why {
            DynamoError::Data(DataError::ConditionFailed { item }) => {
                Self { code: "ConditionalCheckFailed", message, item }
            }
            DynamoError::Data(DataError::DuplicateItem) => {
                Self { code: "DuplicateItem", message, item: None }
            }
            DynamoError::Data(DataError::Throttled {
                limit: Limit::Provisioned | Limit::KeyRange { is_on_demand: false },
                ..
            }) => Self { code: "ProvisionedThroughputExceeded", message, item: None },
            DynamoError::Data(DataError::Throttled { .. }) => {
                Self { code: "ThrottlingError", message, item: None }
            }
            _ => Self { code: "ValidationError", message, item: None },
        }
    }
}

fn digest(actions: &[TransactWriteItem]) -> u128 {
    let mut digest = Digest::new();
    digest.count(actions.len());
    for action in actions {
        if let Some(it) = &action.condition_check {
            part(&mut digest, 1, &it.table_name, &it.key, [Some(&it.condition_expression), None]);
            terms(
                &mut digest,
                it.expression_attribute_names.as_ref(),
                it.expression_attribute_values.as_ref(),
            );
        }
        if let Some(it) = &action.put {
            part(&mut digest, 2, &it.table_name, &it.item, [it.condition_expression.as_ref(), None]);
            terms(
                &mut digest,
                it.expression_attribute_names.as_ref(),
                it.expression_attribute_values.as_ref(),
            );
        }
        if let Some(it) = &action.delete {
            part(&mut digest, 3, &it.table_name, &it.key, [it.condition_expression.as_ref(), None]);
            terms(
                &mut digest,
                it.expression_attribute_names.as_ref(),
                it.expression_attribute_values.as_ref(),
            );
        }
        if let Some(it) = &action.update {
            let expressions = [it.condition_expression.as_ref(), Some(&it.update_expression)];
            part(&mut digest, 4, &it.table_name, &it.key, expressions);
            terms(
                &mut digest,
                it.expression_attribute_names.as_ref(),
                it.expression_attribute_values.as_ref(),
            );
        }
    }
    digest.finish()
}

fn part(digest: &mut Digest, kind: usize, table: &str, item: &Val, expressions: [Option<&String>; 2]) {
    digest.count(kind);
    digest.text(table);
    digest.val(item);
    expressions.iter().for_each(|text| digest.option(text.map(String::as_str)));
}

fn terms(
    digest: &mut Digest,
    names: Option<&BTreeMap<String, String>>,
    values: Option<&BTreeMap<String, Val>>,
) {
    for (placeholder, name) in names.into_iter().flatten() {
        digest.text(placeholder);
        digest.text(name);
    }
    for (placeholder, val) in values.into_iter().flatten() {
        digest.text(placeholder);
        digest.val(val);
    }
}
