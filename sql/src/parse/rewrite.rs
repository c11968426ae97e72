//! Trino's tree to the tree DataFusion plans: every difference in meaning that needs no types is settled here.
//!
//! Integer literals become `integer`, anonymous columns get hidden names, special syntax becomes plain calls, `UNNEST`
//! is folded with what it joins, `now()` becomes the tank's time. What needs types is in `plan/`.
//! Start with `rewrite`; expressions are in `rewrite_expr.rs`.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, Join, LimitClause, ObjectName, ObjectNamePart, OrderByKind, Query, Select,
    SelectItem, SetExpr, TableAlias, TableFactor, TableWithJoins, VisitMut, VisitorMut, With,
};

use crate::error::{ErrorKind, Position, SqlError};
use crate::parse::query::start_of;
use crate::parse::rewrite_expr;

/// Prefix of a hidden column name: the output calls such a column `_col<n>`.
pub(crate) const ANONYMOUS: &str = "$anon";
/// Prefix of a column selected twice: `$dup<n>$<name>`.
pub(crate) const DUPLICATE: &str = "$dup";

/// Where names stand in the text, to point errors at them, and how output names were spelled.
#[derive(Debug, Clone, Default)]
pub(crate) struct Marks {
    pub(crate) names: Vec<(String, Position)>,
    pub(crate) tables: Vec<(String, Position)>,
    pub(crate) operators: Vec<(String, Position)>,
    pub(crate) calls: Vec<(String, Position)>,
    /// Queries that must plan: each asks for a name that GROUP BY uses, from the same FROM.
    pub(crate) probes: Vec<Query>,
    /// Lower-case output name to the spelling of the statement.
    pub(crate) spelling: BTreeMap<String, String>,
}

impl Marks {
    pub(crate) fn name(&self, name: &str) -> Option<Position> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let exact = self.names.iter().find(|(n, _)| n == name);
        exact
            .or_else(|| self.names.iter().find(|(n, _)| n.rsplit('.').next() == Some(last)))
            .map(|(_, at)| *at)
    }

    pub(crate) fn table(&self, name: &str) -> Option<Position> {
        self.tables.iter().find(|(n, _)| n == name).map(|(_, at)| *at)
    }

    /// Whether the query has the time of its run in it.
    pub(crate) fn reads_clock(&self) -> bool {
        let clocks = ["now", "current_timestamp", "current_date", "localtimestamp"];
        self.calls.iter().any(|(name, _)| clocks.contains(&name.as_str()))
    }

    pub(crate) fn operator(&self, operator: &str) -> Option<Position> {
        self.operators.iter().find(|(n, _)| n == operator).map(|(_, at)| *at)
    }
}

/// What the rewriting needs to know of its surroundings.
pub(crate) struct Setting {
    /// Tank time in milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Whether a function of that name is built.
    pub(crate) knows: fn(&str) -> bool,
}

/// Rewrites a query in place. Error: a construct Trino or we do not have.
pub(crate) fn rewrite(query: &mut Query, setting: &Setting) -> Result<Marks, SqlError> {
    let mut rewriter = Rewriter { setting, marks: Marks::default(), hidden: 0, sites: 0, withs: Vec::new() };
    if let ControlFlow::Break(error) = VisitMut::visit(query, &mut rewriter) {
        return Err(*error);
    }
    Ok(rewriter.marks)
}

pub(crate) struct Rewriter<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) marks: Marks,
    hidden: usize,
    pub(crate) sites: usize,
    /// The WITH clauses around the place being visited.
    withs: Vec<With>,
}

impl VisitorMut for Rewriter<'_> {
    type Break = Box<SqlError>;

    fn pre_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        self.withs.extend(query.with.clone());
        if let Some(with) = &mut query.with {
            for cte in &mut with.cte_tables {
                lower_alias(&mut cte.alias);
            }
        }
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, query: &mut Query) -> ControlFlow<Self::Break> {
        if query.with.is_some() {
            self.withs.pop();
        }
        if let Some(order_by) = &mut query.order_by
            && let OrderByKind::Expressions(items) = &mut order_by.kind
        {
            items.iter_mut().for_each(|item| bare_number(&mut item.expr));
        }
        if let Some(LimitClause::LimitOffset { limit, offset, .. }) = &mut query.limit_clause {
            limit.iter_mut().for_each(bare_number);
            offset.iter_mut().for_each(|o| bare_number(&mut o.value));
        }
        if let Some(fetch) = query.fetch.take() {
            let mut limit = fetch.quantity;
            limit.iter_mut().for_each(bare_number);
            let offset = match query.limit_clause.take() {
                Some(LimitClause::LimitOffset { offset, .. }) => offset,
                _ => None,
            };
            query.limit_clause = Some(LimitClause::LimitOffset { limit, offset, limit_by: vec![] });
        }
        if let SetExpr::Values(values) = query.body.as_mut()
            && values.rows.is_empty()
        {
            return stop(SqlError::new(ErrorKind::Syntax, "VALUES needs at least one row"));
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        self.probe_group_by(select);
        ControlFlow::Continue(())
    }

    fn post_visit_select(&mut self, select: &mut Select) -> ControlFlow<Self::Break> {
        if select.qualify.is_some() || !select.lateral_views.is_empty() {
            return stop(SqlError::at(
                ErrorKind::Syntax,
                start_of(select).unwrap_or(Position::START),
                "mismatched input: QUALIFY and LATERAL VIEW are not in Trino's grammar",
            ));
        }
        if let GroupByExpr::Expressions(items, _) = &mut select.group_by {
            items.iter_mut().for_each(bare_number);
        }
        self.name_columns(&mut select.projection);
        fold_unnest(&mut select.from);
        ControlFlow::Continue(())
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<Self::Break> {
        let at = start_of(relation);
        lower_object_name(relation);
        if relation.0.len() == 3 {
            let catalog = relation.0.remove(0).to_string();
            let catalog = catalog.trim_matches('"');
            if catalog != "awsdatacatalog" {
                return stop(SqlError::at(
                    ErrorKind::SchemaNotFound,
                    at.unwrap_or(Position::START),
                    format!("Catalog '{catalog}' does not exist"),
                ));
            }
        }
        if let Some(at) = at {
            self.marks.tables.push((relation.to_string().replace('"', ""), at));
        }
        ControlFlow::Continue(())
    }

    fn post_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Self::Break> {
        match factor {
            TableFactor::Table { alias, sample, version, args, .. } => {
                if sample.is_some() {
                    return stop(SqlError::not_built("TABLESAMPLE"));
                }
                if version.is_some() {
                    return stop(SqlError::not_built("time travel (FOR TIMESTAMP AS OF)"));
                }
                if args.is_some() {
                    return stop(SqlError::not_built("a table function"));
                }
                alias.iter_mut().for_each(lower_alias);
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::UNNEST { alias, .. }
            | TableFactor::NestedJoin { alias, .. } => {
                alias.iter_mut().for_each(lower_alias);
            }
            other => return stop(SqlError::not_built(format!("{other} in FROM"))),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        rewrite_expr::mark(&mut self.marks, expr);
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Self::Break> {
        match rewrite_expr::rewrite(self, expr) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => stop(error),
        }
    }
}

fn stop(error: SqlError) -> ControlFlow<Box<SqlError>> {
    ControlFlow::Break(Box::new(error))
}

impl Rewriter<'_> {
    /// Trino's GROUP BY does not see the aliases of SELECT; DataFusion's does. A name that is an alias must therefore be
    /// a column too, which only planning can tell.
    fn probe_group_by(&mut self, select: &Select) {
        let GroupByExpr::Expressions(items, _) = &select.group_by else { return };
        for item in items {
            let Expr::Identifier(name) = item else { continue };
            let is_alias = select.projection.iter().any(|p| match p {
                SelectItem::ExprWithAlias { expr: Expr::Identifier(same), alias } => {
                    alias.value.eq_ignore_ascii_case(&name.value)
                        && !same.value.eq_ignore_ascii_case(&name.value)
                }
                SelectItem::ExprWithAlias { alias, .. } => alias.value.eq_ignore_ascii_case(&name.value),
                _ => false,
            });
            if is_alias {
                self.marks.probes.push(probe(select, item.clone(), &self.withs));
            }
        }
    }

    /// Gives hidden names to anonymous columns and to the second column of a name, which DataFusion refuses.
    fn name_columns(&mut self, items: &mut [SelectItem]) {
        let mut seen: Vec<String> = Vec::new();
        let star = items.iter().any(|i| matches!(i, SelectItem::Wildcard(_)));
        for item in items {
            let (expr, name) = match item {
                SelectItem::UnnamedExpr(expr @ Expr::Identifier(_)) => {
                    let Expr::Identifier(id) = &*expr else { continue };
                    let name = id.value.clone();
                    (expr.clone(), name)
                }
                SelectItem::UnnamedExpr(expr @ Expr::CompoundIdentifier(_)) => {
                    let name = expr.to_string().replace('"', "");
                    (expr.clone(), name)
                }
                SelectItem::UnnamedExpr(expr) => {
                    let alias = Ident::with_quote('"', format!("{ANONYMOUS}{}", self.hidden));
                    self.hidden += 1;
                    *item = SelectItem::ExprWithAlias { expr: expr.clone(), alias };
                    continue;
                }
                SelectItem::ExprWithAlias { expr, alias } => {
                    let lower = alias.value.to_lowercase();
                    if lower != alias.value {
                        self.marks.spelling.insert(lower.clone(), alias.value.clone());
                    }
                    *alias = quoted(&lower, alias);
                    (expr.clone(), lower)
                }
                _ => continue,
            };
            let plain_beside_star = star && matches!(item, SelectItem::UnnamedExpr(_));
            if seen.contains(&name) || plain_beside_star {
                let last = name.rsplit('.').next().unwrap_or(&name);
                let alias = Ident::with_quote('"', format!("{DUPLICATE}{}${last}", self.hidden));
                self.hidden += 1;
                *item = SelectItem::ExprWithAlias { expr, alias };
            } else {
                seen.push(name);
            }
        }
    }
}

/// `WITH ... SELECT name FROM <the same>`.
fn probe(select: &Select, name: Expr, withs: &[With]) -> Query {
    let mut bare = select.clone();
    bare.projection = vec![SelectItem::UnnamedExpr(name)];
    bare.distinct = None;
    bare.selection = None;
    bare.having = None;
    bare.named_window.clear();
    bare.group_by = GroupByExpr::Expressions(vec![], vec![]);
    let with = withs.split_first().map(|(first, rest)| {
        let mut all = first.clone();
        all.cte_tables.extend(rest.iter().flat_map(|w| w.cte_tables.clone()));
        all
    });
    Query {
        with,
        body: Box::new(SetExpr::Select(Box::new(bare))),
        order_by: None,
        limit_clause: None,
        fetch: None,
        locks: vec![],
        for_clause: None,
        settings: None,
        format_clause: None,
        pipe_operators: vec![],
    }
}

/// A lower-case quoted identifier at the place of another: Trino's names have no case, quoted or not.
pub(crate) fn quoted(lower: &str, like: &Ident) -> Ident {
    let mut ident = Ident::with_quote('"', lower);
    ident.span = like.span;
    ident
}

fn lower_alias(alias: &mut TableAlias) {
    alias.name = quoted(&alias.name.value.to_lowercase(), &alias.name);
    for column in &mut alias.columns {
        column.name = quoted(&column.name.value.to_lowercase(), &column.name);
    }
}

fn lower_object_name(name: &mut ObjectName) {
    for part in &mut name.0 {
        if let ObjectNamePart::Identifier(ident) = part {
            *ident = quoted(&ident.value.to_lowercase(), ident);
        }
    }
}

/// Ordinals and limits are plain numbers: takes off the cast that every integer literal gets.
pub(crate) fn bare_number(expr: &mut Expr) {
    if let Expr::Cast { expr: inner, .. } = expr
        && matches!(inner.as_ref(), Expr::Value(_))
    {
        *expr = inner.as_ref().clone();
    }
}

/// Makes `a JOIN b CROSS JOIN UNNEST(..)` into `((a JOIN b) CROSS JOIN UNNEST(..))`, one factor for `plan/unnest.rs`.
fn fold_unnest(from: &mut Vec<TableWithJoins>) {
    let mut folded: Vec<TableWithJoins> = Vec::with_capacity(from.len());
    for mut item in from.drain(..) {
        if matches!(item.relation, TableFactor::UNNEST { .. })
            && let Some(previous) = folded.last_mut()
        {
            let joins = std::mem::take(&mut item.joins);
            let join = Join {
                relation: item.relation,
                global: false,
                join_operator: sqlparser::ast::JoinOperator::CrossJoin(sqlparser::ast::JoinConstraint::None),
            };
            previous.joins.push(join);
            previous.joins.extend(joins);
        } else {
            folded.push(item);
        }
    }
    *from = folded.into_iter().map(fold_joins).collect();
}

fn fold_joins(item: TableWithJoins) -> TableWithJoins {
    let mut done = TableWithJoins { relation: item.relation, joins: Vec::new() };
    for join in item.joins {
        if matches!(join.relation, TableFactor::UNNEST { .. }) {
            let left = if done.joins.is_empty() { done.relation } else { nested(done) };
            let pair = TableWithJoins { relation: left, joins: vec![join] };
            done = TableWithJoins { relation: nested(pair), joins: Vec::new() };
        } else {
            done.joins.push(join);
        }
    }
    done
}

fn nested(table: TableWithJoins) -> TableFactor {
    TableFactor::NestedJoin { table_with_joins: Box::new(table), alias: None }
}
