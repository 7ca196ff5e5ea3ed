"""What to do with the running stack: shown once it is up, to be pasted into a second terminal."""

from string import Template

from local.live_stack import LiveStack

TEXT = Template("""
Accrue is running. Ctrl-C stops it and forgets everything.

  base URL       $api_url
  network        $network_id
  partner key    $partner_api_key
  admin key      $admin_api_key
  operator key   $operator_api_key
  function logs  make logs
  all of this    .local/stack.json

One membership did something (Hang's API):

  curl -i -X POST '$api_url/v2/program-memberships/$program_membership_id/activities' \\
    -H 'X-API-Key: $partner_api_key' -H 'Content-Type: application/json' \\
    -d '{"idempotency_key": "unique-key-101", "activity":
         {"activity_type_id": "activity_type_1", "value": "50", "transaction_timestamp": 1633887337,
          "line_items": [{"item_id": "item_1", "value": 30, "group_id": "group_1"}]}}'

Users of the network did something together (Village's API):

  curl -i -X POST '$api_url/networks/$network_id/activity' \\
    -H 'Authorization: Bearer $partner_api_key' -H 'Content-Type: application/json' \\
    -d '{"activity_short_id": "S1-A", "amount": "100.99", "users":
         {"seller": "john.buyer@villagelabs.co", "buyer": "jane.seller@villagelabs.co"}}'

What it came to, a second later:

  curl -i '$api_url/v2/program-memberships/$program_membership_id' \\
    -H 'X-API-Key: $partner_api_key'

Why, for an activity by its Accrue-Activity-Id:

  curl -i '$api_url/networks/$network_id/activities/ik_...' \\
    -H 'Authorization: Bearer $partner_api_key'

All that the network defines, to change a line of it and PUT it back (docs/administration.md):

  curl -s '$api_url/networks/$network_id/document' \\
    -H 'Authorization: Bearer $admin_api_key' | tee network.json
""")


def welcome(stack: LiveStack) -> str:
    return TEXT.substitute(stack.as_document())
