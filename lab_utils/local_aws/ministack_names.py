"""The names of ministack that the lab wraps: its one list, checked at every start."""

from __future__ import annotations

WRAPPED_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": (
        "AUTH",
        "SERVICE_HANDLERS",
        "SERVICE_REGISTRY",
        "_MAIN_LOOP",
        "_get_module",
        "_state_map",
        "app",
    ),
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "_gather_role_policies",
        "_permissions_boundary",
        "evaluate",
    ),
    "ministack.core.persistence": ("_json_default", "_json_object_hook"),
    "ministack.core.responses": (
        "AccountRegionScopedDict",
        "get_account_id",
        "get_region",
        "request_scope",
    ),
    "ministack.services.cloudwatch_logs": ("handle_request",),
    "ministack.services.dynamodb": (
        "_INDEX_MEMBERS",
        "_items_replaced",
        "_put_item",
        "_remove_item",
        "_set_item",
        "_tables",
        "get_state",
        "load_persisted_state",
    ),
    "ministack.services.eventbridge": ("start_scheduler",),
    "ministack.services.iam": ("_roles",),
    "ministack.services.iot": (
        "MQTT_5",
        "PROP_MAXIMUM_PACKET_SIZE",
        "_MtlsAcceptor",
        "_WSSession",
        "_connected_clients",
        "_describe_endpoint",
        "_dispatch_rule_action",
        "_dispatch_rule_error_action",
        "_endpoint_address",
        "_evaluate_topic_rules",
        "_handle_certificate",
        "_iot_role_usable",
        "_make_disconnect",
        "_make_suback",
        "_mtls_active_registrations",
        "_mtls_build_ssl_context",
        "_mtls_ensure_server_cert",
        "_rule_message_identity",
        "broker_publish",
        "get_ca_cert_pem",
        "mtls_stop",
    ),
    "ministack.services.scheduler": ("start_scheduler",),
}
WRAPPED_SESSION_NAMES = (
    "_connack_properties",
    "_policy_allows",
    "handle_packet",
    "send_bytes",
)
"""What the wrappers use of a client's session, ``ministack.services.iot._WSSession``."""
