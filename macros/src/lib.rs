//! The attribute `#[wavetank::test]`, which `wavetank` re-exports: a test that is given a tank.
//!
//! Here an attribute and a function become a plain `#[test]` that calls `wavetank::case::run`; what that does (runtime,
//! seeds, the footer of a failure) is in the library, so that a user's error points at his own lines. Start with `expand`.

mod expand;

use proc_macro::TokenStream;

/// A test that is given a fresh tank: frozen time, in-process, no port.
///
/// The function is `async`, takes the tank, and answers nothing or a `Result`; an `Err` fails the test.
///
/// - `seed = 7`: every draw comes from this seed. Without one it is 0.
/// - `seeds = 0..20`: the test runs once for each seed, and stops at the first that fails.
/// - `strict`: services throttle as AWS does, by rates per shard and per second.
///
/// `WAVETANK_SEED=3` in the environment runs one seed instead, `WAVETANK_SEEDS=0..1000` a range. A test that fails
/// prints its seed, the tank's time, the last calls, what is blocked, the failing function's own log lines, and the
/// command that replays it.
///
/// ```ignore
/// #[wavetank::test(seed = 7)]
/// async fn an_order_reaches_the_lake(tank: wavetank::Tank) -> Result<(), wavetank::TankError> {
///     let stack = tank.deploy("template.yaml").await?;
///     tank.send("kinesis:orders", &orders()).id("order_id").await?;
///     tank.settle().await;
///     tank.ledger().expect_in(stack.output("Lake")).assert_conserved().await;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(attribute: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(attribute.into(), item.into()).into()
}
