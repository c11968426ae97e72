//! BatchExecuteStatement and ExecuteTransaction: statements that each name one item, all reads or all writes.
//!
//! In a batch each has its own success or error; in a transaction all happen or none does.
//! Documented: docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.multiplestatements.batching.html and
//! ql-reference.multiplestatements.transactions.html (an edition of 2023-02 read 2026-11-28).

use wavetank_wire::dynamodb::{
    BatchExecuteStatementInput, BatchExecuteStatementOutput, BatchStatementError, BatchStatementRequest,
    BatchStatementResponse, ExecuteTransactionInput, ExecuteTransactionOutput, ItemResponse,
    ParameterizedStatement,
};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::partiql::{Select, Statement};
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::value::{Packed, item_to_val};
use crate::world::Cx;

use super::super::capacity::{Consumed, Manner, Split, Told, read_units};
use super::super::error::{DataError, Reason};
use super::super::find::table_name;
use super::super::single::{Source, settle_request};
use super::super::transact::{self, Digest, Fitted};
use super::{Answer, fit, read};

const BATCH: &str = "BatchExecuteStatement";
const TRANSACTION: &str = "ExecuteTransaction";

/// Statements that read, or statements that write, but not some of each.
fn check_kinds<'s>(
    statements: impl Iterator<Item = &'s Statement>,
    what: &'static str,
) -> Result<bool, DataError> {
    let mut reads = None;
    for statement in statements {
        if *reads.get_or_insert(statement.is_read()) != statement.is_read() {
            return Err(DataError::ReadsAndWrites(what));
        }
    }
    Ok(reads.unwrap_or(true))
}

/// The one item that a SELECT names, if it is true of it.
fn find<'t>(
    table: &'t Table,
    select: &Select,
    what: &'static str,
) -> Result<Option<&'t Packed>, DynamoError> {
    let several = |_| DataError::SelectOfSeveral(what);
    let key = select.key(&table.keys.terms()).map_err(several)?;
    let key = table.keys.of_request(key)?;
    let found = table.rows.get(&key.row());
    Ok(found.filter(|item| select.filter.as_ref().is_none_or(|filter| filter.holds(*item))))
}

/// What is answered of an item that was found.
fn shown(item: &Packed, select: &Select) -> wavetank_wire::Val {
    select.columns.as_ref().map_or_else(|| item.to_wire(), |columns| item_to_val(&columns.of(item)))
}

impl DynamoDb {
    /// Executes up to 25 statements, each for itself.
    pub(in super::super::super) fn batch_execute_statement(
        &mut self,
        cx: &mut Cx<'_>,
        input: BatchExecuteStatementInput,
    ) -> Result<BatchExecuteStatementOutput, DynamoError> {
        let told = Told::of(input.return_consumed_capacity.as_deref());
        let mut all = Vec::with_capacity(input.statements.len());
        for request in input.statements {
            let statement = read(&request.statement, request.parameters.clone());
            all.push((request, statement));
        }
        check_kinds(all.iter().filter_map(|(_, statement)| statement.as_ref().ok()), "Batch statements")?;
        let mut consumed = Vec::new();
        let mut responses = Vec::with_capacity(all.len());
        for (request, statement) in all {
            let table = statement.as_ref().ok().map(|statement| statement.table().to_owned());
            let outcome = statement.and_then(|it| self.of_batch(cx, &request, it, &mut consumed));
            responses.push(match outcome {
                Ok(item) => BatchStatementResponse { error: None, table_name: table, item },
                Err(why) => {
                    BatchStatementResponse { error: Some(told_error(&why)), table_name: table, item: None }
                }
            });
        }
        Ok(BatchExecuteStatementOutput {
            responses: Some(responses),
            consumed_capacity: told.wire_all(&consumed, Split::None),
        })
    }

    fn of_batch(
        &mut self,
        cx: &mut Cx<'_>,
        request: &BatchStatementRequest,
        statement: Statement,
        consumed: &mut Vec<(String, Consumed)>,
    ) -> Result<Option<wavetank_wire::Val>, DynamoError> {
        let given = statement.table().to_owned();
        let (name, strict) = (table_name(cx, &given)?, self.strict);
        let table = self.writable(cx, name)?;
        match statement {
            Statement::Select(select) => {
                let found = find(table, &select, BATCH)?;
                let manner = Manner::of_read(request.consistent_read);
                let units = Consumed::of_table(read_units(found.map_or(0, Packed::item_bytes), manner));
                let item = found.map(|item| shown(item, &select));
                settle_request(cx, table, Source::default(), BATCH, &units, strict)?;
                transact::count(consumed, &given, units);
                Ok(item)
            }
            Statement::Exists(_) => Err(DataError::ExistsAlone.into()),
            statement => {
                let answer = Answer::of(&statement);
                let on_failure = request.return_values_on_condition_check_failure.as_deref();
                let write = fit(table, statement)?.showing(on_failure);
                let done = write.perform(cx, table, BATCH, strict)?;
                let item = answer.wire(&done);
                transact::count(consumed, &given, done.consumed);
                Ok(item)
            }
        }
    }

    /// Executes up to a hundred statements, or none of them.
    pub(in super::super::super) fn execute_transaction(
        &mut self,
        cx: &mut Cx<'_>,
        input: ExecuteTransactionInput,
    ) -> Result<ExecuteTransactionOutput, DynamoError> {
        let token = input.client_request_token.map(|token| (token, digest(&input.transact_statements)));
        let told = Told::of(input.return_consumed_capacity.as_deref());
        let mut all = Vec::with_capacity(input.transact_statements.len());
        for request in input.transact_statements {
            let statement = read(&request.statement, request.parameters)?;
            if statement.is_returning() {
                return Err(DataError::Returning(TRANSACTION).into());
            }
            table_name(cx, statement.table())?;
            all.push((statement, request.return_values_on_condition_check_failure));
        }
        let are_reads = check_kinds(all.iter().map(|(statement, _)| statement), "Transaction statements")?;
        for (statement, _) in &all {
            self.readable(cx, table_name(cx, statement.table())?)?;
        }
        if are_reads {
            let selects = all.into_iter().filter_map(|(statement, _)| match statement {
                Statement::Select(select) => Some(select),
                _ => None,
            });
            return self.transact_selects(cx, selects.collect(), told);
        }
        let count = all.len();
        let mut fitted = Vec::with_capacity(count);
        for (at, (statement, on_failure)) in all.into_iter().enumerate() {
            let given = statement.table().to_owned();
            let table = self.readable(cx, table_name(cx, &given)?)?;
            let write = fit(table, statement).map_err(|why| transact::misfit(count, at, &why))?;
            fitted.push(Fitted { given, write: write.showing(on_failure.as_deref()) });
        }
        let responses = Some(vec![ItemResponse::default(); count]);
        if let Some((token, digest)) = &token {
            let now = cx.now;
            if self.here(cx).tokens.has(now, token, *digest)? {
                let consumed = self.reread(cx, &fitted)?;
                return Ok(ExecuteTransactionOutput {
                    responses,
                    consumed_capacity: told.wire_all(&consumed, Split::Reads),
                });
            }
        }
        let (consumed, _) = self.perform(cx, fitted, TRANSACTION, None)?;
        if let Some((token, digest)) = token {
            let now = cx.now;
            self.here(cx).tokens.keep(now, token, digest);
        }
        Ok(ExecuteTransactionOutput { responses, consumed_capacity: told.wire_all(&consumed, Split::Writes) })
    }

    fn transact_selects(
        &mut self,
        cx: &mut Cx<'_>,
        selects: Vec<Select>,
        told: Told,
    ) -> Result<ExecuteTransactionOutput, DynamoError> {
        let count = selects.len();
        let mut responses = Vec::with_capacity(count);
        let mut costs = Vec::with_capacity(count);
        for (at, select) in selects.into_iter().enumerate() {
            let table = self.readable(cx, table_name(cx, &select.table)?)?;
            let found = find(table, &select, TRANSACTION).map_err(|why| transact::misfit(count, at, &why))?;
            costs.push(read_units(found.map_or(0, Packed::item_bytes), Manner::Transactional));
            responses.push((found.map(|item| shown(item, &select)), select.table));
        }
        let mut consumed = Vec::new();
        for ((_, table), units) in responses.iter().zip(costs) {
            self.settle_get(cx, table, &mut consumed, units)?;
        }
        let responses = responses.into_iter().map(|(item, _)| ItemResponse { item }).collect();
        Ok(ExecuteTransactionOutput {
            responses: Some(responses),
            consumed_capacity: told.wire_all(&consumed, Split::Reads),
        })
    }
}

/// The error of one statement of a batch: the codes are those of canceled transactions, mostly.
/// Documented: the service model.
fn told_error(why: &DynamoError) -> BatchStatementError {
    let Reason { code, message, item } = match why {
        DynamoError::NoSuchTable => {
            Reason { code: "ResourceNotFound", message: Some(why.to_string()), item: None }
        }
        why => Reason::of(why.clone()),
    };
    BatchStatementError { code: Some(code.to_owned()), message, item: item.map(|item| item.to_wire()) }
}

fn digest(statements: &[ParameterizedStatement]) -> u128 {
    let mut digest = Digest::new();
    digest.count(statements.len());
    for statement in statements {
        digest.text(&statement.statement);
        let parameters = statement.parameters.as_deref().unwrap_or_default();
        digest.count(parameters.len());
        parameters.iter().for_each(|val| digest.val(val));
    }
    digest.finish()
}
