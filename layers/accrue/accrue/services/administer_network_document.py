"""Export a network's definitions, import them, and say what an import would change."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accrue.domain.administration_errors import DefinitionsTooLargeError
from accrue.domain.differences import Difference, find_differences
from accrue.domain.errors import Fault
from accrue.domain.json_values import pointer
from accrue.domain.network_definitions import NetworkDefinitions
from accrue.domain.network_document import parse_network_document, refusal
from accrue.domain.network_parts import MAX_ACTIVITY_TYPES, MAX_PROGRAMS, NetworkDocument
from accrue.services.import_catalog import CatalogImporter
from accrue.services.import_report import ImportReport

# Each takes some reads and writes, and the gateway waits for 29 s.
MAX_PARTS_AT_ONCE = 200
# Of the JSON; it must go back in as it came out.
MAX_DOCUMENT_BYTES = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class NetworkDocumentAdministrator:
    """What administrators do with a network as a whole."""

    importer: CatalogImporter

    def export(self, network_id: str) -> NetworkDefinitions:
        """All that the network defines; importing it changes nothing.

        Raises NetworkNotFoundError or DefinitionsTooLargeError.
        """
        definitions = self._definitions(network_id)
        for what, number, most in (
            ("activity types", len(definitions.activity_types), MAX_ACTIVITY_TYPES),
            ("programs", len(definitions.programs), MAX_PROGRAMS),
            ("bytes", len(json.dumps(definitions.to_document())), MAX_DOCUMENT_BYTES),
        ):
            if number > most:
                raise DefinitionsTooLargeError(
                    f"has {number:,} {what}, and a document at most {most:,}"
                )
        return definitions

    def compare(self, network_id: str, sent: Mapping[str, Any]) -> tuple[Difference, ...]:
        """What an import would change of the definitions, whatever network the document is of.

        Raises InvalidNetworkDocumentError if it would be refused.
        """
        network = sent.get("network")
        if isinstance(network, Mapping):
            own: dict[str, Any] = {"network_id": network_id}
            if isinstance(network.get("is_sandbox"), bool):
                # The same program in a sandbox and in production is what many ask about.
                own |= {"is_sandbox": self.importer.networks.get(network_id).is_sandbox}
            sent = {**sent, "network": {**network, **own}}
        document = _parsed(sent)
        present = self._definitions(network_id)
        wanted = present.after(document)
        if faults := list(self.importer.contradictions(document, wanted.network, present.network)):
            raise refusal(faults)
        return find_differences(present.to_document(), wanted.to_document())

    def import_document(self, network_id: str, sent: Mapping[str, Any]) -> ImportReport:
        """Make the network be as the document says. Raises InvalidNetworkDocumentError."""
        self.importer.networks.get(network_id)
        return self.importer.import_catalog(_parsed(_named_in_path(sent, network_id)))

    def _definitions(self, network_id: str) -> NetworkDefinitions:
        importer = self.importer
        return NetworkDefinitions(
            importer.networks.get(network_id),
            tuple(importer.activity_types.store.all_activity_types(network_id)),
            tuple(importer.activity_types.programs.latest_programs(network_id)),
        )


def _named_in_path(sent: Mapping[str, Any], network_id: str) -> Mapping[str, Any]:
    network = sent.get("network")
    if not isinstance(network, Mapping):
        return sent
    if network.get("network_id", network_id) != network_id:
        where = pointer("network", "network_id")
        remedy = "differs from the id in the URL: send the same, or leave it out"
        raise refusal([Fault(where, remedy)])
    return {**sent, "network": {**network, "network_id": network_id}}


def _parsed(sent: Mapping[str, Any]) -> NetworkDocument:
    document = parse_network_document(sent)
    faults = [
        Fault(
            pointer(name),
            f"has {len(parts):,} items, and {MAX_PARTS_AT_ONCE} is the most over HTTP: put the rest"
            " into further documents, or invoke import_catalog directly",
        )
        for name, parts in (("users", document.users), ("memberships", document.memberships))
        if len(parts) > MAX_PARTS_AT_ONCE
    ]
    if faults:
        raise refusal(faults)
    return document
