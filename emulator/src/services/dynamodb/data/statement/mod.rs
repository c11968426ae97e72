//! ExecuteStatement: one statement of PartiQL. Batches and transactions of them are in `many.rs`.
//!
//! A statement is read in `../../partiql`; here it becomes the same reads and writes that other operations are made of.

mod many;
mod select;

use wavetank_wire::Val;
use wavetank_wire::dynamodb::{ExecuteStatementInput, ExecuteStatementOutput};

use crate::services::dynamodb::DynamoDb;
use crate::services::dynamodb::error::DynamoError;
use crate::services::dynamodb::expression::Projection;
use crate::services::dynamodb::limits;
use crate::services::dynamodb::partiql::{Returning, Statement};
use crate::services::dynamodb::table::Table;
use crate::services::dynamodb::value::{AttributeValue, Packed, ValueError, item_to_val};
use crate::world::Cx;

use super::capacity::{Manner, Split, Told};
use super::error::DataError;
use super::find::table_name;
use super::write::{Done, Write};

/// A statement of a request, with its values.
fn read(text: &str, parameters: Option<Vec<Val>>) -> Result<Statement, DynamoError> {
    let values = parameters.unwrap_or_default().into_iter().map(AttributeValue::from_wire);
    let values = values.collect::<Result<Vec<_>, ValueError>>()?;
    Ok(Statement::parse(text, values)?)
}

/// What a write answers of its item.
#[derive(Debug)]
enum Answer {
    Nothing,
    Old(Option<Projection>),
    New(Option<Projection>),
}

impl Answer {
    /// What a statement says after RETURNING.
    fn of(statement: &Statement) -> Self {
        match statement {
            Statement::Update(update) => {
                let touched = || Some(update.update.touched());
                match update.returning {
                    None => Self::Nothing,
                    Some(Returning::AllOld) => Self::Old(None),
                    Some(Returning::AllNew) => Self::New(None),
                    Some(Returning::ModifiedOld) => Self::Old(touched()),
                    Some(Returning::ModifiedNew) => Self::New(touched()),
                }
            }
            Statement::Delete(delete) if delete.returns_old => Self::Old(None),
            Statement::Delete(_) | Statement::Insert(_) | Statement::Select(_) | Statement::Exists(_) => {
                Self::Nothing
            }
        }
    }

    fn wire(&self, done: &Done) -> Option<Val> {
        let (item, parts) = match self {
            Self::Nothing => return None,
            Self::Old(parts) => (done.old.as_ref()?, parts),
            Self::New(parts) => (done.new.as_ref()?, parts),
        };
        Some(parts.as_ref().map_or_else(|| item.to_wire(), |parts| item_to_val(&parts.of(item))))
    }
}

/// A statement that writes, or checks, held against its table.
fn fit(table: &Table, statement: Statement) -> Result<Write, DynamoError> {
    match statement {
        Statement::Insert(insert) => {
            let item = Packed::of(&insert.item);
            if item.item_bytes() > limits::ITEM_BYTES_MAX {
                return Err(DataError::ItemTooLarge.into());
            }
            Write::insert(table, item)
        }
        Statement::Update(update) => {
            let key = update.key(&table.keys.terms())?;
            Write::update(table, key, update.update, update.filter)
        }
        Statement::Delete(delete) => {
            let key = delete.key(&table.keys.terms())?;
            let mut write = Write::delete(table, key, delete.filter)?;
            write.spares_absent = true;
            Ok(write)
        }
        Statement::Exists(select) | Statement::Select(select) => {
            let key = select.key(&table.keys.terms())?;
            Write::check(table, key, select.filter)
        }
    }
}

impl DynamoDb {
    /// Executes one statement.
    pub(in super::super) fn execute_statement(
        &mut self,
        cx: &mut Cx<'_>,
        input: ExecuteStatementInput,
    ) -> Result<ExecuteStatementOutput, DynamoError> {
        let mark = select::mark(&input.statement, input.parameters.as_deref());
        let statement = read(&input.statement, input.parameters)?;
        let told = Told::of(input.return_consumed_capacity.as_deref());
        let given = statement.table().to_owned();
        let name = table_name(cx, &given)?;
        match statement {
            Statement::Select(select) => {
                let from =
                    input.next_token.as_deref().map(|token| select::From::of(token, mark)).transpose()?;
                let wanted = select::Wanted {
                    from,
                    limit: input.limit,
                    manner: Manner::of_read(input.consistent_read),
                };
                let page = self.select(cx, name, select, wanted)?;
                Ok(ExecuteStatementOutput {
                    next_token: page.next.as_ref().map(|next| next.token(mark)),
                    items: Some(page.items),
                    consumed_capacity: told.wire(&given, &page.consumed, Split::None),
                    last_evaluated_key: page.next.and_then(select::From::into_key),
                })
            }
            Statement::Exists(_) => Err(DataError::ExistsAlone.into()),
            statement => {
                let answer = Answer::of(&statement);
                let strict = self.strict;
                let table = self.writable(cx, name)?;
                let write =
                    fit(table, statement)?.showing(input.return_values_on_condition_check_failure.as_deref());
                let done = write.perform(cx, table, "ExecuteStatement", strict)?;
                Ok(ExecuteStatementOutput {
                    items: Some(answer.wire(&done).into_iter().collect()),
                    consumed_capacity: told.wire(&given, &done.consumed, Split::None),
                    ..ExecuteStatementOutput::default()
                })
            }
        }
    }
}
