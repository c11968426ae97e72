//! Files read back with another implementation of ORC.

use arrow::record_batch::RecordBatch;
use orc_rust::ArrowReaderBuilder;
use proptest::prelude::*;

use super::super::columns::batch;
use super::*;

/// What a reader makes of the file, stripe by stripe.
fn read(bytes: Bytes) -> Vec<RecordBatch> {
    let reader = ArrowReaderBuilder::try_new(bytes).expect("a file").build();
    reader.collect::<Result<_, _>>().expect("whole stripes")
}

/// Writes cells, reads them, and compares as text with the same cells made by Arrow.
fn check(types: &[(&str, &str)], rows: Vec<Vec<Cell>>, compression: Compression, stripe_bytes: usize) {
    let types: Vec<(String, HiveType)> = types
        .iter()
        .map(|(name, kind)| ((*name).to_owned(), HiveType::parse(kind).expect("a type")))
        .collect();
    let columns: Vec<Vec<Cell>> =
        (0..types.len()).map(|at| rows.iter().map(|row| row[at].clone()).collect()).collect();
    let file =
        File { types: &types, columns: &columns, compression, stripe_bytes, raw_bytes: rows.len() * 100 };
    let found = read(file.write().expect("memory"));
    let expected = [batch(&types, &columns).expect("cells fit")];
    let shown = |batches: &[RecordBatch]| {
        arrow::util::pretty::pretty_format_batches(batches).expect("text").to_string()
    };
    assert_eq!(shown(&found), shown(&expected));
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

#[test]
fn decimals_lists_maps_and_structs_come_back() {
    let types = [
        ("price", "decimal(20,4)"),
        ("tags", "array<string>"),
        ("counts", "map<string,bigint>"),
        ("who", "struct<name:string,ages:array<int>,flag:boolean>"),
        ("deep", "array<struct<k:map<int,array<double>>>>"),
    ];
    let deep = Cell::Struct(vec![Cell::Map(vec![
        (Cell::Whole(1), Cell::Array(vec![Cell::Double(0.5), Cell::Null])),
        (Cell::Whole(2), Cell::Null),
    ])]);
    let who = Cell::Struct(vec![text("An"), Cell::Array(vec![Cell::Whole(7)]), Cell::Boolean(true)]);
    let rows = vec![
        vec![
            Cell::Decimal(-1_234_567_890_123_456_789),
            Cell::Array(vec![text("a"), Cell::Null, text("")]),
            Cell::Map(vec![(text("x"), Cell::Whole(-1)), (text("y"), Cell::Null)]),
            who,
            Cell::Array(vec![deep, Cell::Null]),
        ],
        vec![Cell::Null; 5],
        vec![
            Cell::Decimal(5),
            Cell::Array(vec![]),
            Cell::Map(vec![]),
            Cell::Struct(vec![Cell::Null, Cell::Null, Cell::Null]),
            Cell::Array(vec![]),
        ],
    ];
    for compression in [Compression::None, Compression::Zlib, Compression::Snappy] {
        check(&types, rows.clone(), compression, STRIPE_BYTES_DEFAULT);
        check(&types, rows.clone(), compression, 1);
    }
}

#[test]
fn long_runs_and_large_streams_come_back() {
    let row =
        |n: i64| vec![Cell::Whole(n / 700), text(&"x".repeat(n as usize % 40)), Cell::Boolean(n % 3 == 0)];
    let rows: Vec<Vec<Cell>> = (0..20_000).map(row).collect();
    check(&[("n", "int"), ("s", "string"), ("b", "boolean")], rows, Compression::Zlib, 300_000);
}

/// Cells of every plain type, null now and then.
fn cells() -> impl Strategy<Value = Vec<Cell>> {
    let maybe = |cell: BoxedStrategy<Cell>| prop_oneof![4 => cell, 1 => Just(Cell::Null)];
    (
        maybe(any::<bool>().prop_map(Cell::Boolean).boxed()),
        maybe((-128_i64..128).prop_map(Cell::Whole).boxed()),
        maybe(any::<i16>().prop_map(|n| Cell::Whole(n.into())).boxed()),
        maybe(prop_oneof![any::<i64>(), 0_i64..3].prop_map(Cell::Whole).boxed()),
        maybe((-1e6_f64..1e6).prop_map(Cell::Double).boxed()),
        maybe("[a-c]{0,3}".prop_map(Cell::Text).boxed()),
        // From 1970 on: the last second before it is the format's own flaw.
        maybe((0_i64..4_000_000_000_000_000).prop_map(Cell::Whole).boxed()),
        maybe(
            (-1_000_000_i64..1_000_000)
                .prop_map(|micros| Cell::Whole(micros * 1_000_003 - 1_000_000))
                .boxed(),
        ),
        maybe((-100_000_i64..100_000).prop_map(Cell::Whole).boxed()),
        maybe((-(10_i128.pow(37))..10_i128.pow(37)).prop_map(Cell::Decimal).boxed()),
    )
        .prop_map(|(a, b, c, d, e, f, g, h, i, j)| {
            let before = matches!(h, Cell::Whole(micros) if (-1_000_000..0).contains(&micros));
            vec![a, b, c, d, e, f, g, if before { Cell::Null } else { h }, i, j]
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_cells_come_back(rows in proptest::collection::vec(cells(), 1..200), stripe_bytes in 1_usize..50_000) {
        let types = [
            ("a", "boolean"), ("b", "tinyint"), ("c", "smallint"), ("d", "bigint"), ("e", "double"), ("f", "string"),
            ("g", "timestamp"), ("h", "timestamp"), ("i", "date"), ("j", "decimal(38,2)"),
        ];
        check(&types, rows, Compression::Snappy, stripe_bytes);
    }
}
