//! The columns of a segment.

use std::sync::{Arc, LazyLock};

use parquet::{
    basic::{Compression, Encoding, ZstdLevel},
    file::properties::{EnabledStatistics, WriterProperties},
    schema::{
        parser::parse_message_type,
        types::{ColumnPath, TypePtr},
    },
};

/// Rows of a page, in every column: pages of different columns cover the same rows.
pub(crate) const PAGE_ROWS: usize = 8_192;
/// Rows of a chunk (row group), at most.
pub(super) const CHUNK_ROWS: usize = 65_536;
/// Bytes of encoded records in a chunk, at most: bounds the memory of sealing and reading.
pub(super) const CHUNK_BYTES: usize = 16 << 20;

/// In the order of [`super::Column`].
pub(super) const MESSAGE: &str = "
message line {
  required int64 record_index;
  required int64 received_at (timestamp(millis,true));
  optional int64 sent_at (timestamp(millis,true));
  required fixed_len_byte_array(16) source (uuid);
  required fixed_len_byte_array(16) unit (uuid);
  required binary peer (utf8);
  required int32 transport (integer(8,false));
  required int32 flags (integer(8,false));
  required int32 facility (integer(8,false));
  required int32 severity (integer(8,false));
  required binary host (utf8);
  required binary application (utf8);
  required binary raw;
}";

/// The schema of a segment.
#[expect(clippy::expect_used, reason = "a constant that a test parses")]
pub(super) static SCHEMA: LazyLock<TypePtr> =
    LazyLock::new(|| Arc::new(parse_message_type(MESSAGE).expect("a valid schema")));

/// How segments are written.
pub(super) fn properties() -> WriterProperties {
    let level = ZstdLevel::try_new(1).unwrap_or_default();
    let column = |name: &str| ColumnPath::from(name);
    WriterProperties::builder()
        .set_created_by("gieng".into())
        .set_compression(Compression::ZSTD(level))
        .set_data_page_row_count_limit(PAGE_ROWS)
        .set_write_batch_size(PAGE_ROWS)
        // Rows, not bytes, end a page; a chunk's bytes are bounded.
        .set_data_page_size_limit(CHUNK_BYTES * 2)
        .set_max_row_group_row_count(Some(CHUNK_ROWS))
        .set_column_encoding(column("record_index"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(column("record_index"), false)
        .set_column_encoding(column("received_at"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(column("received_at"), false)
        .set_column_encoding(column("sent_at"), Encoding::DELTA_BINARY_PACKED)
        .set_column_dictionary_enabled(column("sent_at"), false)
        .set_column_dictionary_enabled(column("raw"), false)
        .set_column_statistics_enabled(column("raw"), EnabledStatistics::None)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_are_in_the_order_of_the_enumeration() {
        let names: Vec<&str> = SCHEMA.get_fields().iter().map(|f| f.name()).collect();
        assert_eq!(names[super::super::Column::Index as usize], "record_index");
        assert_eq!(names[super::super::Column::Severity as usize], "severity");
        assert_eq!(names[super::super::Column::Raw as usize], "raw");
        assert_eq!(names.len(), 13);
    }
}
