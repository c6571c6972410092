"""The tests of the kata: what learners are promised, proved on real gradings."""
