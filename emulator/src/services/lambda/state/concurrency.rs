//! How many invocations may run at one time: what functions have reserved, and what is left to the others.

use wavetank_wire::lambda as api;

use super::super::error::{Refusal, SettingRefusal, Throttle};
use super::super::limits;
use super::Lambda;
use super::names::Target;
use crate::world::Cx;

impl Lambda {
    pub(in super::super) fn put_function_concurrency(
        &mut self,
        cx: &Cx<'_>,
        input: api::PutFunctionConcurrencyInput,
    ) -> Result<api::Concurrency, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        let asked = u32::try_from(input.reserved_concurrent_executions).unwrap_or(u32::MAX);
        let released = self.function(cx, &target)?.reserved.unwrap_or(0);
        let left = (self.unreserved() + released).saturating_sub(asked);
        if asked > 0 && left < limits::UNRESERVED_CONCURRENCY_MIN {
            return Err(SettingRefusal::ReservationTooLarge.into());
        }
        self.function_mut(cx, &target)?.reserved = Some(asked);
        Ok(api::Concurrency { reserved_concurrent_executions: Some(i64::from(asked)) })
    }

    pub(in super::super) fn get_function_concurrency(
        &self,
        cx: &Cx<'_>,
        input: api::GetFunctionConcurrencyInput,
    ) -> Result<api::GetFunctionConcurrencyOutput, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        let reserved = self.function(cx, &target)?.reserved.map(i64::from);
        Ok(api::GetFunctionConcurrencyOutput { reserved_concurrent_executions: reserved })
    }

    pub(in super::super) fn delete_function_concurrency(
        &mut self,
        cx: &Cx<'_>,
        input: api::DeleteFunctionConcurrencyInput,
    ) -> Result<api::DeleteFunctionConcurrencyOutput, Refusal> {
        let target = Target::unqualified(cx.scope, &input.function_name)?;
        self.function_mut(cx, &target)?.reserved = None;
        Ok(api::DeleteFunctionConcurrencyOutput {})
    }

    /// What functions without a reservation share.
    pub(super) fn unreserved(&self) -> u32 {
        let reserved: u32 = self.functions.values().filter_map(|function| function.reserved).sum();
        limits::ACCOUNT_CONCURRENCY.saturating_sub(reserved)
    }

    /// Whether one more invocation of this function may start now.
    pub(super) fn admit(&self, name: &str) -> Result<(), Throttle> {
        let reserved_of = |name: &str| self.functions.get(name).and_then(|function| function.reserved);
        let (used, available, throttle) = match reserved_of(name) {
            Some(reserved) => {
                let own = self.running.values().filter(|it| it.target.name == name).count();
                (own, reserved, Throttle::Reserved)
            }
            None => {
                let shared = self.running.values().filter(|it| reserved_of(&it.target.name).is_none());
                (shared.count(), self.unreserved(), Throttle::Account)
            }
        };
        if u32::try_from(used).is_ok_and(|used| used < available) { Ok(()) } else { Err(throttle) }
    }
}
