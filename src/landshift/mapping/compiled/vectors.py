"""The two innermost steps as vectors written by hand: what `loops` does, many lanes at once.

A compiler of loops does not keep sums in registers where it cannot know that results lie apart from
what is read. Stated as LLVM's own vectors, which every processor gets in pieces of its size, a
condition of a tree on 64 cells takes about four instructions where vectors have 64 bytes.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from landshift.mapping.compiled.intervals import LANES
from landshift.mapping.compiled.loops import BITS, MULTIPLIER, ROW_BYTES, SHIFT

_BYTES = ir.VectorType(ir.IntType(8), LANES)
_WORDS = ir.VectorType(ir.IntType(16), LANES)


@intrinsic
def find_leaves(typing, cells, row, last, kept, ends, first, stop, leaf):
    """See `landshift.mapping.compiled.loops.find_leaves`."""
    signature = types.void(cells, row, last, kept, ends, first, stop, leaf)

    def generate(context, builder, signature, arguments):
        pointers = _point_to_arrays(context, builder, signature, arguments)
        cells, row, last, kept, ends, leaf = pointers
        first, stop = arguments[5:7]
        step = first.type(1)
        left = cgutils.alloca_once(builder, _BYTES)
        found = cgutils.alloca_once_value(builder, _fill(_BYTES, 0))
        byte = cgutils.alloca_once_value(builder, _fill(_WORDS, 0))
        with cgutils.for_range_slice(builder, first, stop, step, step.type) as (number, _):
            builder.store(_fill(_BYTES, 0xFF), left)
            start = _load(builder, ends, number)
            end = _load(builder, ends, builder.add(number, step))
            with cgutils.for_range_slice(builder, start, end, step, step.type) as (node, _):
                own = builder.gep(cells, [_load(builder, row, node)])
                own = builder.load(builder.bitcast(own, _WORDS.as_pointer()), align=2)
                limit = _spread(builder, _load(builder, last, node), _WORDS)
                bits = _spread(builder, _load(builder, kept, node), _BYTES)
                after = builder.icmp_unsigned(">", own, limit)
                bits = builder.select(after, bits, _fill(_BYTES, 0xFF))
                builder.store(builder.and_(builder.load(left), bits), left)
            # the first byte with a bit left holds the leaf
            none = builder.icmp_unsigned("==", builder.load(found), _fill(_BYTES, 0))
            own = _spread(
                builder, builder.trunc(builder.sub(number, first), ir.IntType(16)), _WORDS
            )
            builder.store(builder.select(none, own, builder.load(byte)), byte)
            builder.store(builder.select(none, builder.load(left), builder.load(found)), found)
        bits = builder.load(found)
        lowest = builder.and_(bits, builder.neg(bits))
        hashed = builder.mul(lowest, _fill(_BYTES, MULTIPLIER))
        place = builder.zext(builder.lshr(hashed, _fill(_BYTES, SHIFT)), _WORDS)
        whole = builder.mul(builder.load(byte), _fill(_WORDS, BITS))
        leaf = builder.bitcast(leaf, _WORDS.as_pointer())
        builder.store(builder.add(whole, place), leaf, align=2)
        return context.get_dummy_value()

    return signature, generate


@intrinsic
def add_rows(typing, table, start, width, shares, lane, total, place):
    """See `landshift.mapping.compiled.loops.add_rows`."""
    signature = types.void(table, start, width, shares, lane, total, place)

    def generate(context, builder, signature, arguments):
        table, shares, total = _point_to_arrays(context, builder, signature, arguments)
        start, width, lane, place = (arguments[number] for number in (1, 2, 4, 6))
        number = table.type.pointee
        size = context.get_abi_sizeof(number)
        row = ir.VectorType(number, ROW_BYTES // size)
        factors = []
        for index in range(4):
            share = _load(builder, shares, builder.add(lane, lane.type(index * LANES)))
            share = share if share.type == number else builder.fptrunc(share, number)
            factors.append(_spread(builder, share, row))
        none, step = width.type(0), width.type(row.count)
        with cgutils.for_range_slice(builder, none, width, step, width.type) as (column, _):
            own = builder.gep(total, [builder.add(place, column)])
            own = builder.bitcast(own, row.as_pointer())
            added = builder.load(own, align=size)
            for index, factor in enumerate(factors):
                first = builder.add(start, builder.mul(width, width.type(index)))
                values = builder.gep(table, [builder.add(first, column)])
                values = builder.load(builder.bitcast(values, row.as_pointer()), align=size)
                product = builder.fmul(factor, values, flags=("contract",))
                added = builder.fadd(added, product, flags=("contract",))
            builder.store(added, own, align=size)
        return context.get_dummy_value()

    return signature, generate


def _point_to_arrays(context, builder, signature, arguments):
    pairs = zip(signature.args, arguments, strict=True)
    return [
        context.make_array(kind)(context, builder, value).data
        for kind, value in pairs
        if isinstance(kind, types.Array)
    ]


def _fill(vector: ir.VectorType, number: int) -> ir.Constant:
    return ir.Constant(vector, [number] * vector.count)


def _load(builder, pointer, number):
    return builder.load(builder.gep(pointer, [number]))


def _spread(builder, scalar, vector):
    """Set every lane to one number."""
    undefined = ir.Constant(vector, ir.Undefined)
    one = builder.insert_element(undefined, scalar, ir.IntType(32)(0))
    indices = ir.VectorType(ir.IntType(32), vector.count)
    return builder.shuffle_vector(one, undefined, _fill(indices, 0))
