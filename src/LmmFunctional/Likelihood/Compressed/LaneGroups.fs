namespace LmmFunctional.Estimation

open System.Runtime.CompilerServices
open System.Runtime.Intrinsics
open FSharp.NativeInterop
open LmmFunctional.Numerics

/// <summary>What an evaluation reads of the groups, eight groups side by side.</summary>
/// <remarks>Per group C, lower triangular with Z'Z = CCᵀ (by rows), and then columns C⁻¹Z'[X y], S numbers each. Then all of
/// V follows from E = I + CᵀGC, which is as positive definite as can be, at any G and for groups with fewer rows than
/// effects, whose C has zero columns. When equal groups are collapsed, y is the mean over the m groups of a pattern, S more
/// columns hold a root of the scatter about that mean, and m comes last. Unused lanes hold zeros: they add nothing.</remarks>
[<NoComparison; ReferenceEquality>]
type internal LaneGroups = {
    /// S.
    Order: int
    /// P.
    P: int
    /// Groups, or patterns of groups.
    Count: int
    /// Columns of the scatter: S when equal groups are collapsed, otherwise none.
    Scatter: int
    /// Numbers per group.
    Fields: int
    /// Eight groups after eight groups, field after field.
    Values: Buffer
} with

    /// Eights of groups.
    member groups.Eights = (groups.Count + 7) / 8

    /// Whether equal groups are collapsed.
    member groups.IsCollapsed = groups.Scatter > 0

[<RequireQualifiedAccess>]
module internal LaneGroups =

    // Where the columns of Z in a group depend on one another a pivot is rounding. A positive one does no harm, since what
    // it adds is taken away again; below this share of its diagonal it might overflow.
    let private singular = 1e-20

    let private triangle order = order * (order + 1) / 2

    // Below this share of its diagonal a pivot takes digits from those after it.
    let private small = 1e-3

    /// <summary>Overwrites Z'Z by C and the columns after it by C⁻¹ times them, eight groups at a time.</summary>
    /// <returns>A bit for each group whose columns of Z are so near to depending on one another that this lost digits.</returns>
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private factor (groups: LaneGroups) eight : uint64 =
        let order = groups.Order
        let start = NativePtr.add groups.Values.Pointer (eight * groups.Fields * 8)
        let inline at k = NativePtr.add start (k * 8)
        let columns = groups.P + groups.Scatter
        let right = triangle order
        let mutable lost = 0UL

        for j in 0 .. order - 1 do
            let row = triangle j
            let diagonal: Vector512<float> = Vector512.Load(at (row + j))
            let mutable pivot = diagonal

            for k in 0 .. j - 1 do
                let c = Vector512.Load(at (row + k))
                pivot <- pivot - c * c

            let isPositive = Vector512.GreaterThan(pivot, diagonal * singular)

            if j < order - 1 then
                let isSmall = Vector512.LessThan(pivot, diagonal * small)
                lost <- lost ||| Vector512.ExtractMostSignificantBits isSmall

            let root = Vector512.Sqrt pivot

            let inverse =
                Vector512.ConditionalSelect(isPositive, Vector512<float>.One / root, Vector512<float>.Zero)

            Vector512.Store(Vector512.ConditionalSelect(isPositive, root, Vector512<float>.Zero), at (row + j))

            for i in j + 1 .. order - 1 do
                let mutable sum = Vector512.Load(at (triangle i + j))

                for k in 0 .. j - 1 do
                    sum <- sum - Vector512.Load(at (triangle i + k)) * Vector512.Load(at (row + k))

                Vector512.Store(sum * inverse, at (triangle i + j))

            for c in 0 .. columns - 1 do
                let mutable sum = Vector512.Load(at (right + c * order + j))

                for k in 0 .. j - 1 do
                    sum <- sum - Vector512.Load(at (row + k)) * Vector512.Load(at (right + c * order + k))

                Vector512.Store(sum * inverse, at (right + c * order + j))

        lost

    let private build
        (products: GroupProducts)
        count
        scatter
        work
        (fill: LaneGroups -> int -> nativeptr<float> -> unit)
        =
        let order, p = products.Order, products.P

        let fields = triangle order + order * (p + scatter) + (if scatter > 0 then 1 else 0)

        let groups = {
            Order = order
            P = p
            Count = count
            Scatter = scatter
            Fields = fields
            Values = Buffer((count + 7) / 8 * fields * 8)
        }

        let chunk = 512

        Tiles.Run(
            (groups.Eights + chunk - 1) / chunk,
            work * float count * float fields,
            fun tile ->
                for eight in tile * chunk .. min groups.Eights ((tile + 1) * chunk) - 1 do
                    for group in eight * 8 .. min count (eight * 8 + 8) - 1 do
                        let start = eight * fields * 8 + group % 8
                        fill groups group (NativePtr.add groups.Values.Pointer start)

                    let lost = factor groups eight

                    for lane in 0..7 do
                        if (lost >>> lane) &&& 1UL = 1UL && eight * 8 + lane < count then
                            let start = NativePtr.add groups.Values.Pointer (eight * fields * 8 + lane)
                            fill groups (eight * 8 + lane) start
                            GroupRoot.factor order (p + scatter) start
        )

        groups

    /// Copies Z'Z and Z'[X y] of a group into its lane.
    [<MethodImpl(MethodImplOptions.AggressiveOptimization)>]
    let private copy (products: GroupProducts) level (lane: nativeptr<float>) =
        let order, p = products.Order, products.P
        let mutable field = 0

        for i in 0 .. order - 1 do
            let source = NativePtr.add products.Values.Pointer (products.At(level, i))

            for j in 0..i do
                NativePtr.set lane (field * 8) (NativePtr.get source j)
                field <- field + 1

        for i in 0 .. order - 1 do
            let source = NativePtr.add products.Values.Pointer (products.At(level, i) + order)

            for c in 0 .. p - 1 do
                NativePtr.set lane ((field + c * order + i) * 8) (NativePtr.get source c)

    /// <summary>The groups one by one, or one of each pattern where there are patterns.</summary>
    let create (products: GroupProducts) (patterns: GroupPatterns voption) : LaneGroups =
        let order, p = products.Order, products.P

        match patterns with
        | ValueNone -> build products products.Levels 0 1.0 (fun _ group lane -> copy products group lane)
        | ValueSome patterns ->
            let sizes, means, roots = GroupPatterns.summaries products patterns
            let response = triangle order + (p - 1) * order

            build products patterns.First.Length order 2.0 (fun groups group lane ->
                copy products patterns.First[group] lane

                for i in 0 .. order - 1 do
                    NativePtr.set lane ((response + i) * 8) (means[group * order + i])

                for k in 0 .. order * order - 1 do
                    NativePtr.set lane ((response + order + k) * 8) (roots[group][k])

                NativePtr.set lane ((groups.Fields - 1) * 8) (sizes[group]))
