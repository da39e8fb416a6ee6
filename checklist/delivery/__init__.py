"""The delivery test suite: what is sent to a partner's registered endpoint, and what its answers say.

shapes, conformance    the Spec's calls as JSON Schemas of our own, to build calls from and to lint samples with
calls, endpoint        test calls, and to whom they go with which headers
ownership              the text by which an endpoint shows whose it is, before anything is sent
colours                the table: what was asked and what came back, to green, yellow, red or grey
suite                  one endpoint's calls in one run, each made once
load, volume           a bounded load: its schedule and when it stops, and the calls themselves
"""
