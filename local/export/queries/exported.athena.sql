CREATE EXTERNAL TABLE exported (
  item struct<
    activity_key:struct<s:string>, membership_key:struct<s:string>, item_key:struct<s:string>,
    network_id:struct<s:string>, activity_id:struct<s:string>, kind:struct<s:string>,
    front_door:struct<s:string>, activity_type_id:struct<s:string>, amount:struct<n:string>,
    occurred_at:struct<s:string>, recorded_at:struct<s:string>, posted_at:struct<s:string>,
    settled_at:struct<s:string>, settled_outcome:struct<s:string>, reference_id:struct<s:string>,
    program_id:struct<s:string>, program_membership_id:struct<s:string>,
    program_version:struct<n:string>, sequence:struct<n:string>, outcome:struct<s:string>,
    reason:struct<s:string>, points:struct<n:string>, balance_after:struct<n:string>,
    available_after:struct<n:string>, debt_after:struct<n:string>,
    lines:struct<l:array<struct<
      l:array<struct<n:string,s:string>>,
      m:struct<role:struct<s:string>,points:struct<n:string>,reason:struct<s:string>,rule_id:struct<s:string>>>>>>,
  newimage struct<
    activity_key:struct<s:string>, membership_key:struct<s:string>, item_key:struct<s:string>,
    network_id:struct<s:string>, activity_id:struct<s:string>, kind:struct<s:string>,
    front_door:struct<s:string>, activity_type_id:struct<s:string>, amount:struct<n:string>,
    occurred_at:struct<s:string>, recorded_at:struct<s:string>, posted_at:struct<s:string>,
    settled_at:struct<s:string>, settled_outcome:struct<s:string>, reference_id:struct<s:string>,
    program_id:struct<s:string>, program_membership_id:struct<s:string>,
    program_version:struct<n:string>, sequence:struct<n:string>, outcome:struct<s:string>,
    reason:struct<s:string>, points:struct<n:string>, balance_after:struct<n:string>,
    available_after:struct<n:string>, debt_after:struct<n:string>,
    lines:struct<l:array<struct<
      l:array<struct<n:string,s:string>>,
      m:struct<role:struct<s:string>,points:struct<n:string>,reason:struct<s:string>,rule_id:struct<s:string>>>>>>
)
PARTITIONED BY (export_name string)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
LOCATION 's3://EXPORT_BUCKET/'
