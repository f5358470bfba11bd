namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>A number with its first and second derivatives by the parameters that it depends on.</summary>
/// <remarks>Forward automatic differentiation of second order: exact derivatives, no differences. Only the parameters in
/// <c>Support</c> have derivatives, so a constant costs no arrays and an element of a large unstructured matrix carries
/// those of its two rows. Supports ascend; second derivatives are a lower triangle by rows. What is computed of variables of
/// first order has first derivatives only, the same to the bit.</remarks>
[<Sealed; AllowNullLiteral(false)>]
type internal Jet private (value: float, support: int[], first: float[], second: float[]) =

    static let noPlaces: int[] = Array.empty
    static let noFloats: float[] = Array.empty

    /// Where row k of a packed lower triangle starts.
    static let row k = k * (k + 1) / 2

    static let sameSupport (a: int[]) (b: int[]) =
        Object.ReferenceEquals(a, b) || a.AsSpan().SequenceEqual(b.AsSpan())

    /// The union of two supports, and the places of either in it.
    static let unite (a: int[]) (b: int[]) =
        let union: int[] = Array.zeroCreate (a.Length + b.Length)
        let placesOfA: int[] = Array.zeroCreate a.Length
        let placesOfB: int[] = Array.zeroCreate b.Length
        let mutable i = 0
        let mutable j = 0
        let mutable count = 0

        while i < a.Length || j < b.Length do
            let next =
                if j = b.Length || (i < a.Length && a[i] < b[j]) then
                    a[i]
                else
                    b[j]

            if i < a.Length && a[i] = next then
                placesOfA[i] <- count
                i <- i + 1

            if j < b.Length && b[j] = next then
                placesOfB[j] <- count
                j <- j + 1

            union[count] <- next
            count <- count + 1

        // One array for equal supports makes the next comparison a comparison of references.
        let union =
            if count = a.Length then a
            elif count = b.Length then b
            else Array.sub union 0 count

        struct (union, placesOfA, placesOfB)

    /// f(x) with f′ and f″ at x.
    static let chain value slope curvature (x: Jet) =
        let support: int[] = x.Support

        if support.Length = 0 then
            Jet(value, noPlaces, noFloats, noFloats)
        else
            let g: float[] = x.First
            let h: float[] = x.Second
            let first: float[] = Array.zeroCreate g.Length
            let second: float[] = Array.zeroCreate h.Length

            for i in 0 .. g.Length - 1 do
                first[i] <- slope * g[i]

            if h.Length > 0 then
                VectorKernel.AddScaled(h.Length, slope, h, 0, second, 0)

                if curvature <> 0.0 then
                    for i in 0 .. g.Length - 1 do
                        VectorKernel.AddScaled(i + 1, curvature * g[i], g, 0, second, row i)

            Jet(value, support, first, second)

    static let isPrefix (a: int[]) (b: int[]) =
        a.Length < b.Length && a.AsSpan().SequenceEqual(b.AsSpan(0, a.Length))

    /// The same where the support of b begins with that of a, as in a recursion that takes up one parameter after the other: the
    /// second derivatives by those of a come first in either triangle.
    static let extend value slopeA slopeB mixed isFirstOrder (a: Jet) (b: Jet) =
        let ga: float[] = a.First
        let gb: float[] = b.First
        let first = Array.map (fun g -> slopeB * g) gb

        for i in 0 .. ga.Length - 1 do
            first[i] <- first[i] + slopeA * ga[i]

        if isFirstOrder then
            Jet(value, b.Support, first, noFloats)
        else
            let ha: float[] = a.Second
            let hb: float[] = b.Second
            let second: float[] = Array.zeroCreate hb.Length
            VectorKernel.AddScaled(hb.Length, slopeB, hb, 0, second, 0)
            VectorKernel.AddScaled(ha.Length, slopeA, ha, 0, second, 0)

            if mixed <> 0.0 then
                for i in 0 .. gb.Length - 1 do
                    VectorKernel.AddScaled(min (i + 1) ga.Length, mixed * gb[i], ga, 0, second, row i)

                    if i < ga.Length then
                        VectorKernel.AddScaled(i + 1, mixed * ga[i], gb, 0, second, row i)

            Jet(value, b.Support, first, second)

    /// The same where all parameters of b come after those of a.
    static let append value slopeA slopeB mixed isFirstOrder (a: Jet) (b: Jet) =
        let ga: float[] = a.First
        let gb: float[] = b.First
        let n, m = ga.Length, gb.Length
        let support = Array.append a.Support b.Support
        let first: float[] = Array.zeroCreate (n + m)

        for i in 0 .. n - 1 do
            first[i] <- slopeA * ga[i]

        for i in 0 .. m - 1 do
            first[n + i] <- slopeB * gb[i]

        if isFirstOrder then
            Jet(value, support, first, noFloats)
        else
            let second: float[] = Array.zeroCreate (row (n + m))
            VectorKernel.AddScaled(row n, slopeA, a.Second, 0, second, 0)

            for i in 0 .. m - 1 do
                let start = row (n + i)
                VectorKernel.AddScaled(i + 1, slopeB, b.Second, row i, second, start + n)

                if mixed <> 0.0 then
                    VectorKernel.AddScaled(n, mixed * gb[i], ga, 0, second, start)

            Jet(value, support, first, second)

    /// f(a, b) with its first derivatives, and its second one by a and b; those by a alone and b alone are zero.
    static let combine value slopeA slopeB mixed (a: Jet) (b: Jet) =
        let supportA: int[] = a.Support
        let supportB: int[] = b.Support
        let ga: float[] = a.First
        let gb: float[] = b.First
        let ha: float[] = a.Second
        let hb: float[] = b.Second
        let isFirstOrder = ha.Length = 0 || hb.Length = 0

        if supportA.Length = 0 then
            chain value slopeB 0.0 b
        elif supportB.Length = 0 then
            chain value slopeA 0.0 a
        elif sameSupport supportA supportB then
            let first: float[] = Array.zeroCreate ga.Length

            for i in 0 .. ga.Length - 1 do
                first[i] <- slopeA * ga[i] + slopeB * gb[i]

            if isFirstOrder then
                Jet(value, supportA, first, noFloats)
            else
                let second: float[] = Array.zeroCreate ha.Length
                VectorKernel.AddScaled(ha.Length, slopeA, ha, 0, second, 0)
                VectorKernel.AddScaled(hb.Length, slopeB, hb, 0, second, 0)

                if mixed <> 0.0 then
                    for i in 0 .. ga.Length - 1 do
                        VectorKernel.AddScaled(i + 1, mixed * ga[i], gb, 0, second, row i)
                        VectorKernel.AddScaled(i + 1, mixed * gb[i], ga, 0, second, row i)

                Jet(value, supportA, first, second)
        elif isPrefix supportA supportB then
            extend value slopeA slopeB mixed isFirstOrder a b
        elif isPrefix supportB supportA then
            extend value slopeB slopeA mixed isFirstOrder b a
        elif supportA[supportA.Length - 1] < supportB[0] then
            append value slopeA slopeB mixed isFirstOrder a b
        elif supportB[supportB.Length - 1] < supportA[0] then
            append value slopeB slopeA mixed isFirstOrder b a
        else
            let struct (union, placesOfA, placesOfB) = unite supportA supportB
            let first: float[] = Array.zeroCreate union.Length

            let second: float[] =
                if isFirstOrder then
                    noFloats
                else
                    Array.zeroCreate (row union.Length)

            let add (slope: float) (places: int[]) (g: float[]) (h: float[]) =
                for i in 0 .. g.Length - 1 do
                    first[places[i]] <- first[places[i]] + slope * g[i]

                if not isFirstOrder then
                    let mutable at = 0

                    for i in 0 .. g.Length - 1 do
                        let start = row places[i]

                        for j in 0..i do
                            second[start + places[j]] <- second[start + places[j]] + slope * h[at]
                            at <- at + 1

            add slopeA placesOfA ga ha
            add slopeB placesOfB gb hb

            if mixed <> 0.0 && not isFirstOrder then
                for i in 0 .. ga.Length - 1 do
                    for j in 0 .. gb.Length - 1 do
                        let u, v = placesOfA[i], placesOfB[j]
                        let product = mixed * ga[i] * gb[j]
                        let at = row (max u v) + min u v
                        second[at] <- second[at] + (if u = v then 2.0 * product else product)

            Jet(value, union, first, second)

    /// The number itself.
    member _.Value = value

    /// The parameters that it depends on, ascending.
    member _.Support: int[] = support

    /// First derivatives by the parameters of <c>Support</c>.
    member _.First: float[] = first

    /// Second derivatives by pairs of them: lower triangle by rows; none of first order.
    member _.Second: float[] = second

    /// A number that depends on no parameter.
    static member Constant(value: float) =
        Jet(value, noPlaces, noFloats, noFloats)

    /// Parameter number <c>index</c> itself.
    static member Variable(index: int, value: float) =
        Jet(value, [| index |], [| 1.0 |], [| 0.0 |])

    /// Parameter number <c>index</c> itself, for first derivatives only.
    static member FirstOrder(index: int, value: float) =
        Jet(value, [| index |], [| 1.0 |], noFloats)

    /// <summary>f(x), given f, f′ and f″ at the value of x.</summary>
    static member Chain(value: float, slope: float, curvature: float, x: Jet) = chain value slope curvature x

    /// a + b.
    static member Sum(a: Jet, b: Jet) =
        combine (a.Value + b.Value) 1.0 1.0 0.0 a b

    /// a − b.
    static member Difference(a: Jet, b: Jet) =
        combine (a.Value - b.Value) 1.0 -1.0 0.0 a b

    /// a b.
    static member Product(a: Jet, b: Jet) =
        combine (a.Value * b.Value) b.Value a.Value 1.0 a b
