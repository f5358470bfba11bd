namespace LmmFunctional.Tests

open System
open FsCheck.FSharp
open LmmFunctional.Numerics

/// A side of a matrix, often next to the edge of a tile.
type Side = Side of int

/// The inner dimension of a product, often next to the depth of a panel.
type Depth = Depth of int

/// The order of a small block.
type BlockOrder = BlockOrder of int

type NumericsGenerators =

    static member private Sizes largest edges =
        Gen.oneof [ Gen.choose (0, largest); Gen.elements edges ]

    static member Side() =
        let edges = [ 1; 7; 8; 9; 23; 24; 25; 47; 48; 49; 95; 96; 97; 144; 145 ]

        Arb.fromGenShrink (
            NumericsGenerators.Sizes 110 edges |> Gen.map Side,
            fun (Side n) -> Seq.map Side [ n / 2; n - 1 ] |> Seq.filter (fun (Side m) -> m >= 0 && m < n)
        )

    static member Depth() =
        NumericsGenerators.Sizes 60 [ 1; 2; 255; 256; 257 ]
        |> Gen.map Depth
        |> Arb.fromGen

    static member BlockOrder() =
        Gen.choose (1, 6) |> Gen.map BlockOrder |> Arb.fromGen

/// <summary>Matrices as the textbook has them, to hold the kernels to.</summary>
[<RequireQualifiedAccess>]
module Naive =

    let random seed rows columns =
        let random = Random(seed: int)
        Array2D.init rows columns (fun _ _ -> 2.0 * random.NextDouble() - 1.0)

    let transpose (a: float[,]) =
        Array2D.init (Array2D.length2 a) (Array2D.length1 a) (fun i j -> a[j, i])

    let product (a: float[,]) (b: float[,]) =
        Array2D.init (Array2D.length1 a) (Array2D.length2 b) (fun i j ->
            let mutable sum = 0.0

            for k in 0 .. Array2D.length2 a - 1 do
                sum <- sum + a[i, k] * b[k, j]

            sum)

    let lower (a: float[,]) =
        a |> Array2D.mapi (fun i j value -> if i >= j then value else 0.0)

    let identity n =
        Array2D.init n n (fun i j -> if i = j then 1.0 else 0.0)

    /// A well-conditioned positive definite matrix.
    let positive seed n =
        let b = random seed n n
        let square = product b (transpose b)

        square
        |> Array2D.mapi (fun i j value -> if i = j then value + float n / 4.0 + 0.5 else value)

    /// A lower triangle with a well-conditioned inverse.
    let triangle seed n =
        random seed n n
        |> lower
        |> Array2D.mapi (fun i j value -> if i = j then 1.5 + value else value / sqrt (float n + 1.0))

    /// A buffer of the given stride, NaN in what is not part of the matrix.
    let internal toBuffer stride (a: float[,]) =
        let buffer = Buffer(max 1 (stride * Array2D.length2 a))
        buffer.Span.Fill nan
        a |> Array2D.iteri (fun i j value -> buffer[i + j * stride] <- value)
        buffer

    /// A buffer whose strictly upper triangle is NaN.
    let internal toLowerBuffer stride (a: float[,]) =
        a
        |> Array2D.mapi (fun i j value -> if i >= j then value else nan)
        |> toBuffer stride

    let internal ofBuffer rows columns stride (buffer: Buffer) =
        Array2D.init rows columns (fun i j -> buffer[i + j * stride])

    let private absolute (a: float[,]) = a |> Array2D.map (abs: float -> float)

    let private flat (a: float[,]) = Seq.cast<float> a

    /// <summary>Checks a sum of products against the error that summation may have: ε times length times the product of
    /// absolute values (Higham 2002, section 3.5).</summary>
    let sameProduct what (a: float[,]) (b: float[,]) (actual: float[,]) =
        let allowed = product (absolute a) (absolute b)
        let length = float (Array2D.length2 a + 4)

        Law.nearAll
            what
            1.0
            (Seq.replicate (actual.Length) 0.0)
            (Seq.map3
                (fun e v bound ->
                    if e = v then
                        0.0
                    else
                        (v - e) / (4.0 * length * 2.2e-16 * bound))
                (flat (product a b))
                (flat actual)
                (flat allowed))

    /// Checks elements against a tolerance that grows with the size.
    let same what (expected: float[,]) (actual: float[,]) =
        let size = float (Array2D.length1 expected + 4)
        let largest = expected |> flat |> Seq.fold (fun m v -> max m (abs v)) 1.0
        Law.nearAll what (20.0 * size * 2.2e-16 * largest) (flat expected) (flat actual)

    /// The action with one and with two threads.
    let withThreads action =
        let before = Tiles.Threads

        try
            [ 1; 2 ]
            |> List.map (fun threads ->
                Tiles.Threads <- threads
                action ())
        finally
            Tiles.Threads <- before
