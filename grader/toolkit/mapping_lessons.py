"""What errors teach where a function is mapped over axes or devices: vmap, pmap, shard_map, shardings."""

from __future__ import annotations

from grader.toolkit.lesson import Lesson

# From the special to the general: the first that fits is told.
MAPPING_LESSONS = (
    Lesson(
        "ValueError",
        r"vmap got inconsistent sizes(?s:.*)kwargs\[",
        "in_axes is about arguments by place. What goes to a mapped function by name is always mapped along its first axis.",
        "Hand it over by its place, with an entry in in_axes (None shares it); or close over it.",
    ),
    Lesson(
        "ValueError",
        r"along axis 0(?s:.*)kwargs\[|kwargs\[(?s:.*)along axis 0",
        "in_axes is about arguments by place. What goes to a mapped function by name is always mapped along its first axis, "
        "and this one has none.",
        "Hand it over by its place, with None in in_axes; or close over it.",
    ),
    Lesson(
        "ValueError",
        r"got len\(in_axes\)=\d+, len\(args\)=\d+",
        "in_axes has one entry for each argument that is handed over by its place, and here the numbers differ. What goes to "
        "a mapped function by name has no entry: it is always mapped along its first axis.",
        "Hand all of them over by their places, with None in in_axes for what is shared.",
    ),
    Lesson(
        "ValueError",
        r"vmap got inconsistent sizes",
        "vmap maps all its arguments in step, so the mapped axes must have one size.",
        "Give in_axes=None to what is shared, the right axis to the others; once an outer vmap has taken an axis, the inner "
        "one counts without it.",
    ),
    Lesson(
        "ValueError",
        r"vmap was requested to map its argument along axis",
        "vmap was to map an argument along an axis that it does not have: a scalar has none.",
        "Give in_axes=None to what is shared; for a tree, in_axes may be a tree of axes.",
    ),
    Lesson(
        "TypeError",
        r"vmap in_axes must be",
        "in_axes is a whole number, None, or a tuple with one entry an argument.",
        "Put a dict of axes into a tuple: in_axes=({...},), with the comma.",
    ),
    Lesson(
        "NameError",
        r"unbound axis name",
        "A collective (pmean, psum, ...) goes by the name of a mapped axis, and no map around it has given that name.",
        "Use the name that the map gives: vmap(..., axis_name=...), pmap(..., axis_name=...), an axis of shard_map's mesh.",
    ),
    Lesson(
        "ValueError",
        r"out_specs which require replication",
        "out_specs promise that a result is the same on every device, and shard_map cannot see that it is: each device has "
        "computed it from data of its own.",
        "lax.psum or lax.pmean over the axis makes it the same everywhere. check_vma=False would only silence the question.",
    ),
    Lesson(
        "ValueError",
        r"_internal_pmap_axis_name",
        "pmap cuts every argument along its first axis, a slice for each device. One of the arguments has no such axis, or "
        "one of another length.",
        "in_axes=(0, None) gives the second argument to every device whole. What is cut needs a first axis of "
        "jax.device_count().",
    ),
    Lesson(
        "ValueError",
        r"implies that array axis \d+ is partitioned|is incompatible with its sharding annotation",
        "A sharding splits an axis in equal parts. One of these arrays has no such axis, or one that the devices do not "
        "divide.",
        "What is whole on each device, as params are, has the spec P(). What is split needs an axis that the number of "
        "devices divides.",
    ),
    Lesson(
        "ValueError",
        r"Received incompatible devices",
        "Arrays that lie on different devices met in one operation.",
        "jnp.stack and the like want their arrays in one place. Stack first, then spread the result: jax.device_put(stacked, "
        "NamedSharding(mesh, P(...))).",
    ),
    Lesson(
        "ValueError",
        r"can only refer to Auto axes|does not match the specs of the input",
        "The axes of this mesh are Explicit, as jax.make_mesh makes them unasked: arrays then carry their sharding in "
        "their type, and this one carries another.",
        "Leave shardings to the compiler: jax.make_mesh(..., axis_types=(AxisType.Auto,)), an entry for each axis.",
    ),
    Lesson(
        "ShardingTypeError",
        "",
        "The axes of this mesh are Explicit, as jax.make_mesh makes them unasked: arrays then carry their sharding in "
        "their type, and here it is not clear which one the result has.",
        "Leave shardings to the compiler: jax.make_mesh(..., axis_types=(AxisType.Auto,)), an entry for each axis.",
    ),
    Lesson(
        "ValueError",
        r"vmap in_axes|in_axes",
        "in_axes does not fit the arguments: it needs one entry an argument, shaped like the argument's tree.",
        "0 maps the first axis, None shares the argument.",
    ),
)
