"""Writes the Parquet files of this folder: pip install pyarrow; python make.py"""
import json
import pyarrow as pa
import pyarrow.parquet as pq

image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
features = {"label": {"names": ["card_arrival", "exchange_rate"], "_type": "ClassLabel"}}
table = pa.table(
    {
        "text": pa.array(["where is my card", "what is “€” worth", None]),
        "label": pa.array([0, 1, -1], pa.int64()),
        "n": pa.array([1, 2**53 + 1, -3], pa.int64()),
        "score": pa.array([0.5, None, -1e300]),
        "tags": pa.array([["a", "b"], [], None]),
        "vector": pa.array([[1, 2.5], [0, -1], None], pa.list_(pa.float32())),
        "image": pa.array([{"bytes": b"\x01\x02", "path": "a.png"}, {"bytes": b"", "path": None}, None], image),
    }
).replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
for codec in ["snappy", "gzip", "zstd", "brotli", "lz4", "none"]:
    pq.write_table(table, f"kinds-{codec}.parquet", compression=codec)
