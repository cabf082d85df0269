"""What no request is, and what breaks the protocols, refused by the image in its container."""

from __future__ import annotations

from tests.serving.test_grpc import (  # noqa: F401
    test_a_message_that_is_no_request_is_refused,
    test_a_tensor_that_is_not_right_is_refused,
    test_any_message_is_answered_or_refused_and_never_an_error,
    test_compressed_messages_are_refused,
    test_other_methods_are_not_implemented,
    test_what_only_contents_or_only_raw_values_can_have_wrong_is_refused,
)
from tests.serving.test_http2 import (  # noqa: F401
    test_no_frames_keep_the_server_from_answering_others,
    test_streams_that_are_reset_again_and_again_end_the_connection,
    test_what_breaks_the_protocol_ends_the_connection,
    test_what_is_no_grpc_is_refused_as_http,
)
from tests.serving.test_limits import (  # noqa: F401
    test_a_body_of_one_mebibyte_is_read_and_one_byte_more_is_not,
    test_a_body_of_unknown_length_is_read_up_to_the_limit,
    test_a_body_that_does_not_arrive_is_given_up_while_others_are_served,
    test_a_client_that_goes_away_is_no_error_of_the_server,
    test_a_length_that_lies_spoils_the_request_and_the_connection,
    test_a_request_has_at_most_so_many_rows,
    test_chunks_that_drip_in_without_end_are_cut_off,
    test_compressed_bodies_are_refused,
    test_headers_without_end_are_refused,
    test_nobody_waits_for_a_body_that_would_take_long_to_read,
    test_nothing_can_be_smuggled_behind_a_length_that_can_be_read_in_two_ways,
    test_pipelined_requests_and_http_1_0_are_answered,
)
from tests.serving.test_refusals import (  # noqa: F401
    test_any_body_is_answered_or_refused_and_never_an_error,
    test_every_route_has_one_method,
    test_other_paths_and_methods_are_refused,
)
from tests.serving.test_refused_rows import (  # noqa: F401
    test_a_bad_row_is_refused_with_its_index_and_feature,
    test_a_body_that_is_no_request_is_refused,
    test_a_key_that_is_there_twice_is_refused,
    test_what_was_sent_does_not_come_back,
)
