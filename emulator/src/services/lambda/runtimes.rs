//! The runtimes that a function may name, as data: which can be chosen, which no longer, what their logs call them.

/// A runtime.
#[derive(Debug)]
pub(super) struct Runtime {
    /// Such as `python3.12`.
    pub(super) name: &'static str,
    /// As `INIT_START` names it.
    pub(super) label: &'static str,
    /// Whether new functions may choose it.
    pub(super) current: bool,
}

const fn choosable(name: &'static str, label: &'static str) -> Runtime {
    Runtime { name, label, current: true }
}

const fn deprecated(name: &'static str) -> Runtime {
    Runtime { name, label: name, current: false }
}

/// Every runtime. Those that can be chosen, and their order, were recorded by LocalStack against AWS on 2025-11-25
/// (`invalid_runtime_exc`); the labels' form too (`python:3.10.v11`), their release numbers are assumed.
pub(super) const RUNTIMES: &[Runtime] = &[
    choosable("nodejs20.x", "nodejs:20"),
    choosable("python3.14", "python:3.14"),
    choosable("provided.al2023", "provided:al2023"),
    choosable("python3.12", "python:3.12"),
    choosable("python3.13", "python:3.13"),
    choosable("nodejs24.x", "nodejs:24"),
    choosable("nodejs22.x", "nodejs:22"),
    choosable("java25", "java:25"),
    choosable("python3.10", "python:3.10"),
    choosable("python3.11", "python:3.11"),
    choosable("java21", "java:21"),
    choosable("ruby3.3", "ruby:3.3"),
    choosable("ruby3.4", "ruby:3.4"),
    choosable("ruby3.2", "ruby:3.2"),
    choosable("python3.8", "python:3.8"),
    choosable("python3.9", "python:3.9"),
    choosable("java17", "java:17"),
    choosable("nodejs16.x", "nodejs:16"),
    choosable("dotnet10", "dotnet:10"),
    choosable("dotnet8", "dotnet:8"),
    choosable("java11", "java:11"),
    choosable("dotnet6", "dotnet:6"),
    choosable("nodejs18.x", "nodejs:18"),
    choosable("provided.al2", "provided:al2"),
    choosable("java8.al2", "java:8.al2"),
    deprecated("nodejs"),
    deprecated("nodejs4.3"),
    deprecated("nodejs4.3-edge"),
    deprecated("nodejs6.10"),
    deprecated("nodejs8.10"),
    deprecated("nodejs10.x"),
    deprecated("nodejs12.x"),
    deprecated("nodejs14.x"),
    deprecated("python2.7"),
    deprecated("python3.6"),
    deprecated("python3.7"),
    deprecated("java8"),
    deprecated("dotnetcore1.0"),
    deprecated("dotnetcore2.0"),
    deprecated("dotnetcore2.1"),
    deprecated("dotnetcore3.1"),
    deprecated("go1.x"),
    deprecated("ruby2.5"),
    deprecated("ruby2.7"),
    deprecated("provided"),
];

/// The runtime of this name.
pub(super) fn find(name: &str) -> Option<&'static Runtime> {
    RUNTIMES.iter().find(|runtime| runtime.name == name)
}

/// The names that can be chosen.
pub(super) fn current_names() -> Vec<&'static str> {
    RUNTIMES.iter().filter(|runtime| runtime.current).map(|runtime| runtime.name).collect()
}
