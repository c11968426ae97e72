//! From attribute and function to a plain test. What is wrong becomes a compile error at the place where it is written.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::spanned::Spanned as _;
use syn::{Error, Expr, Ident, ItemFn, Token};

/// What stands in the attribute's brackets.
#[derive(Default)]
struct Options {
    seed: Option<Expr>,
    seeds: Option<Expr>,
    strict: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            let take = |place: &mut Option<Expr>| -> syn::Result<()> {
                if place.is_some() {
                    return Err(Error::new(name.span(), format!("`{name}` is said twice")));
                }
                input.parse::<Token![=]>()?;
                *place = Some(input.parse()?);
                Ok(())
            };
            match name.to_string().as_str() {
                "seed" => take(&mut options.seed)?,
                "seeds" => take(&mut options.seeds)?,
                "strict" => options.strict = true,
                other => {
                    let why = format!("`{other}` is not known here; write seed = 7, seeds = 0..20 or strict");
                    return Err(Error::new(name.span(), why));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        if let (Some(_), Some(seeds)) = (&options.seed, &options.seeds) {
            return Err(Error::new(seeds.span(), "either `seed` or `seeds`, not both"));
        }
        Ok(options)
    }
}

/// The test, or the error; the function stays in both cases, so that an editor goes on to understand it.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let function: ItemFn = match syn::parse2(item.clone()) {
        Ok(function) => function,
        Err(_) => {
            let why = Error::new(item.span(), "#[wavetank::test] stands before an async function");
            let why = why.to_compile_error();
            return quote! { #why #item };
        }
    };
    match build(attribute, &function) {
        Ok(test) => test,
        Err(error) => {
            let error = error.to_compile_error();
            quote! { #error #function }
        }
    }
}

fn build(attribute: TokenStream, function: &ItemFn) -> syn::Result<TokenStream> {
    let options: Options = syn::parse2(attribute)?;
    check_signature(function)?;
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let (name, output) = (&sig.ident, &sig.output);
    let seeds = match (&options.seed, &options.seeds) {
        (Some(seed), _) => quote! { ::wavetank::case::Seeds::One(#seed) },
        (_, Some(seeds)) => quote! { ::wavetank::case::Seeds::range(#seeds) },
        _ => quote! { ::wavetank::case::Seeds::One(0) },
    };
    let strict = options.strict;
    let inputs = &sig.inputs;
    // Where the user's own function does not fit, the error is to be at his argument.
    let call = quote_spanned! { inputs.span() => ::wavetank::case::run(&case, #name) };
    Ok(quote! {
        #[::core::prelude::v1::test]
        #(#attrs)*
        #vis fn #name() {
            async fn #name(#inputs) #output #block
            let case = ::wavetank::case::Case {
                name: ::core::concat!(::core::module_path!(), "::", ::core::stringify!(#name)),
                package: ::core::env!("CARGO_PKG_NAME"),
                folder: ::core::env!("CARGO_MANIFEST_DIR"),
                seeds: #seeds,
                strict: #strict,
            };
            #call
        }
    })
}

fn check_signature(function: &ItemFn) -> syn::Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        return Err(Error::new(sig.fn_token.span(), "a test with a tank is async: write `async fn`"));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(sig.generics.span(), "a test has no generic parameters"));
    }
    if let Some(test) = function.attrs.iter().find(|attribute| is_test(attribute)) {
        let why = "#[wavetank::test] makes a test already; leave this attribute out";
        return Err(Error::new(test.span(), why));
    }
    match sig.inputs.len() {
        1 => Ok(()),
        0 => Err(Error::new(sig.paren_token.span.join(), "the test takes the tank: write `tank: Tank`")),
        _ => Err(Error::new(sig.inputs[1].span(), "the test takes the tank and nothing else")),
    }
}

fn is_test(attribute: &syn::Attribute) -> bool {
    let path = attribute.path().to_token_stream().to_string().replace(' ', "");
    path == "test" || path.ends_with("::test")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the compiler would say; empty if it is a test.
    fn said(attribute: &str, function: &str) -> String {
        let tokens = |text: &str| text.parse::<TokenStream>().expect("tokens");
        let made = expand(tokens(attribute), tokens(function)).to_string();
        let error =
            made.split_once("compile_error ! { \"").or_else(|| made.split_once("compile_error ! (\""));
        error.and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default().to_owned()
    }

    #[test]
    fn what_is_wrong_is_said_in_a_sentence() {
        let check = |attribute: &str, function: &str, error: &str| {
            assert_eq!(said(attribute, function), error, "{attribute} {function}");
        };
        let good = "async fn t(tank: Tank) {}";
        check("", good, "");
        check("seed = 7", good, "");
        check("seeds = 0..20, strict", good, "");
        check("", "async fn t(tank: Tank) -> Result<(), TankError> { Ok(()) }", "");
        check("", "fn t(tank: Tank) {}", "a test with a tank is async: write `async fn`");
        check("", "async fn t() {}", "the test takes the tank: write `tank: Tank`");
        check("", "async fn t(a: Tank, b: u8) {}", "the test takes the tank and nothing else");
        check("", "async fn t<T>(tank: T) {}", "a test has no generic parameters");
        check(
            "",
            "#[tokio::test] async fn t(tank: Tank) {}",
            "#[wavetank::test] makes a test already; leave this attribute out",
        );
        check("", "struct Tank;", "#[wavetank::test] stands before an async function");
        check("seed = 7, seeds = 0..2", good, "either `seed` or `seeds`, not both");
        check("seed = 7, seed = 8", good, "`seed` is said twice");
        check("sead = 7", good, "`sead` is not known here; write seed = 7, seeds = 0..20 or strict");
    }

    #[test]
    fn the_test_keeps_its_attributes_and_is_run_by_the_library() {
        let tokens = "#[ignore] async fn t(tank: Tank) { drop(tank) }".parse().expect("tokens");
        let made = expand("seed = 7".parse().expect("tokens"), tokens).to_string();
        assert!(made.contains("# [ignore]") && made.contains("Seeds :: One (7)"), "{made}");
        assert!(made.contains("case :: run (& case , t)"), "{made}");
    }
}
