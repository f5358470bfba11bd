/// <summary>The dense kernels against plain loops; what must not be read holds NaN, what must not be written is checked.
/// </summary>
module LmmFunctional.Tests.KernelTests

open System
open Expecto
open LmmFunctional.Numerics

let private config = {
    Law.config with
        arbitrary = [ typeof<NumericsGenerators> ]
        maxTest = 60
}

// Kernels take pointers: the buffers behind them must stay reachable until the call is over.
let private keep (buffers: Buffer list) = GC.KeepAlive buffers

let private multiply seed (m, n, k) alpha transposeA transposeB lower =
    let a, b = Naive.random seed m k, Naive.random (seed + 1) k n
    let c = Naive.random (seed + 2) m n

    let turn transposed matrix =
        if transposed then Naive.transpose matrix else matrix

    let held (matrix: float[,]) = Array2D.length1 matrix + 3
    let storedA, storedB = turn transposeA a, turn transposeB b

    let bufferA, bufferB =
        Naive.toBuffer (held storedA) storedA, Naive.toBuffer (held storedB) storedB

    let bufferC = Naive.toBuffer (m + 5) c

    Product.Add(
        m,
        n,
        k,
        alpha,
        bufferA.Pointer,
        held storedA,
        transposeA,
        bufferB.Pointer,
        held storedB,
        transposeB,
        bufferC.Pointer,
        m + 5,
        lower
    )

    keep [ bufferA; bufferB ]
    a, b, c, bufferC

/// [αA C] [B; I] = αAB + C, so that the error bound of a product serves.
let private sum alpha (a: float[,]) (b: float[,]) (c: float[,]) =
    let m, k, n = Array2D.length1 a, Array2D.length2 a, Array2D.length2 b

    let left =
        Array2D.init m (k + n) (fun i j -> if j < k then alpha * a[i, j] else c[i, j - k])

    let right =
        Array2D.init (k + n) n (fun i j ->
            if i < k then b[i, j]
            elif i - k = j then 1.0
            else 0.0)

    left, right

let private solve seed m n size action =
    let l = Naive.triangle seed size
    let a = Naive.random (seed + 1) m n
    let bufferL, bufferA = Naive.toLowerBuffer (size + 2) l, Naive.toBuffer (m + 3) a
    action bufferL.Pointer (size + 2) bufferA.Pointer (m + 3)
    keep [ bufferL ]
    l, a, Naive.ofBuffer m n (m + 3) bufferA

[<Tests>]
let tests =
    testList "KernelTests" [
        testPropertyWithConfig
            config
            "a product adds to what is there and leaves the rest alone"
            (fun (Side m) (Side n) (Depth k) seed (transposeA: bool) (transposeB: bool) ->
                let alpha = float (seed % 3) - 0.5
                let a, b, c, buffer = multiply seed (m, n, k) alpha transposeA transposeB false
                let left, right = sum alpha a b c
                let padding = Array2D.init 5 n (fun i j -> buffer[m + i + j * (m + 5)])

                Law.holds [
                    yield! Naive.sameProduct $"{m}x{n}x{k}" left right (Naive.ofBuffer m n (m + 5) buffer)
                    yield! Law.isTrue "written below C" (padding |> Seq.cast<float> |> Seq.forall Double.IsNaN)
                ])

        testPropertyWithConfig
            config
            "a lower product is right on and below the diagonal"
            (fun (Side n) (Depth k) seed (transposed: bool) ->
                let a, b, c, buffer = multiply seed (n, n, k) -1.0 transposed (not transposed) true
                let left, right = sum -1.0 a b c

                let expected = Naive.product left right

                // Above the diagonal anything may stand.
                let actual =
                    Naive.ofBuffer n n (n + 5) buffer
                    |> Array2D.mapi (fun i j value -> if i >= j then value else expected[i, j])

                Law.holds (Naive.sameProduct $"{n}x{n}x{k}" left right actual))

        testPropertyWithConfig config "L Lᵀ of a Cholesky factor is the matrix" (fun (Side n) seed ->
            let a = Naive.positive seed n
            let buffer = Naive.toLowerBuffer (n + 1) a
            let positive = Cholesky.Factor(n, buffer.Pointer, n + 1)
            let l = Naive.ofBuffer n n (n + 1) buffer |> Naive.lower
            let logDeterminant = 2.0 * Seq.sum (Seq.init n (fun i -> log l[i, i]))

            Law.holds [
                yield! Law.isTrue "reported as not positive definite" positive
                yield! Naive.same $"order {n}" a (Naive.product l (Naive.transpose l))
                yield!
                    Law.near
                        "log determinant"
                        (1e-14 * float (n + 1))
                        logDeterminant
                        (Cholesky.LogDeterminant(n, buffer.Pointer, n + 1))
            ])

        testPropertyWithConfig config "the inverse from a Cholesky factor times the matrix is one" (fun (Side n) seed ->
            let a = Naive.positive seed n
            let buffer = Naive.toLowerBuffer n a
            Cholesky.Factor(n, buffer.Pointer, n) |> ignore
            Cholesky.Invert(n, buffer.Pointer, n)
            let held = Naive.ofBuffer n n n buffer
            let inverse = Array2D.init n n (fun i j -> held[max i j, min i j])
            Law.holds (Naive.same $"order {n}" (Naive.identity n) (Naive.product a inverse)))

        testPropertyWithConfig
            config
            "a matrix that is not positive definite has no factor"
            (fun (Side n) seed (at: byte) ->
                let n = n + 1
                let a = Naive.positive seed n
                let k = int at % n
                // A negative diagonal element is seen whatever the rest.
                a[k, k] <- -1.0
                let buffer = Naive.toLowerBuffer n a
                Law.holds (Law.isTrue $"accepted, order {n}, place {k}" (not (Cholesky.Factor(n, buffer.Pointer, n)))))

        testPropertyWithConfig config "factors and inverses in panels, at any order" (fun (Side n) seed ->
            let n = n + 1
            let a = Naive.positive seed n
            let buffer = Naive.toLowerBuffer (n + 1) a
            let positive = PanelCholesky.Factor(n, buffer.Pointer, n + 1)
            let l = Naive.ofBuffer n n (n + 1) buffer |> Naive.lower
            PanelInverse.Invert(n, buffer.Pointer, n + 1)
            let held = Naive.ofBuffer n n (n + 1) buffer
            let inverse = Array2D.init n n (fun i j -> held[max i j, min i j])

            Law.holds [
                yield! Law.isTrue "reported as not positive definite" positive
                yield! Naive.same $"factor, order {n}" a (Naive.product l (Naive.transpose l))
                yield! Naive.same $"inverse, order {n}" (Naive.identity n) (Naive.product a inverse)
            ])

        testCase "the inverse of a large matrix takes its product with a vector back" (fun () ->
            let n = 1700
            let random = Random 4

            let a, inverse, x, image, back =
                Buffer(n * n), Buffer(n * n), Buffer n, Buffer n, Buffer n

            for k in 0 .. n * n - 1 do
                a[k] <- random.NextDouble() - 0.5

            for i in 0 .. n - 1 do
                a[i + i * n] <- float n
                x[i] <- random.NextDouble()

            a.Span.CopyTo inverse.Span
            Check.isTrue (Cholesky.Factor(n, inverse.Pointer, n))
            Cholesky.Invert(n, inverse.Pointer, n)
            Symmetric.Multiply(n, a.Pointer, x.Pointer, image.Pointer)
            Symmetric.Multiply(n, inverse.Pointer, image.Pointer, back.Pointer)

            let apart = Seq.init n (fun i -> abs (back[i] - x[i])) |> Seq.max

            keep [ a; inverse; x; image; back ]
            Expect.isLessThan apart (1e-13) "apart")

        testPropertyWithConfig
            config
            "a solution from the right times L gives the matrix back"
            (fun (Side m) (Side n) seed (transposed: bool) ->
                let l, a, x =
                    solve seed m n n (fun l strideL a strideA ->
                        Triangular.SolveRight(m, n, l, strideL, transposed, a, strideA))

                let factor = if transposed then Naive.transpose l else l
                Law.holds (Naive.same $"{m}x{n}" a (Naive.product x factor)))

        testPropertyWithConfig
            config
            "L times a solution from the left gives the matrix back"
            (fun (Side m) (Side n) seed (transposed: bool) ->
                let l, a, x =
                    solve seed m n m (fun l strideL a strideA ->
                        Triangular.SolveLeft(m, n, l, strideL, transposed, a, strideA))

                let factor = if transposed then Naive.transpose l else l
                Law.holds (Naive.same $"{m}x{n}" a (Naive.product factor x)))

        testPropertyWithConfig config "a product with Lᵀ" (fun (Side m) (Side n) seed ->
            let l, a, product =
                solve seed m n m (fun l strideL a strideA ->
                    Triangular.MultiplyTransposed(m, n, l, strideL, a, strideA))

            Law.holds (Naive.sameProduct $"{m}x{n}" (Naive.transpose l) a product))

        testPropertyWithConfig config "the inverse and the square of a triangle" (fun (Side n) seed ->
            let l = Naive.triangle seed n
            let inverted, squared = Naive.toLowerBuffer (n + 1) l, Naive.toLowerBuffer (n + 1) l
            Triangular.Invert(n, inverted.Pointer, n + 1)
            Triangular.Square(n, squared.Pointer, n + 1)
            let inverse = Naive.ofBuffer n n (n + 1) inverted |> Naive.lower
            let square = Naive.ofBuffer n n (n + 1) squared |> Naive.lower
            let small = Buffer(max 1 (n * n))
            Triangular.InvertSmall(n, inverted.Pointer, n + 1, small.Pointer)

            Law.holds [
                yield! Naive.same $"inverse, order {n}" (Naive.identity n) (Naive.product l inverse)
                yield! Naive.same $"square, order {n}" (Naive.lower (Naive.product (Naive.transpose l) l)) square
                yield! Naive.same $"inverse of the inverse, order {n}" l (Naive.ofBuffer n n n small)
            ])

        testPropertyWithConfig
            config
            "a symmetric matrix held by its lower triangle times a vector"
            (fun (Side n) seed ->
                let a = Naive.positive seed n
                let x = Naive.random (seed + 1) n 1

                let bufferA, bufferX, bufferY =
                    Naive.toLowerBuffer n a, Naive.toBuffer n x, Buffer(max 1 n)

                Symmetric.Multiply(n, bufferA.Pointer, bufferX.Pointer, bufferY.Pointer)
                let held = Array2D.init n n (fun i j -> Symmetric.Get(n, bufferA.Pointer, i, j))
                keep [ bufferA; bufferX ]

                Law.holds [
                    yield! Naive.sameProduct $"order {n}" a x (Naive.ofBuffer n 1 n bufferY)
                    yield! Law.isTrue "an element is read from the wrong triangle" (held = a)
                ])

        testCase "products, factors and inverses have the same bits with one and with two threads" (fun () ->
            for n in [ 300; 500 ] do
                let products =
                    Naive.withThreads (fun () ->
                        let _, _, _, c = multiply 1 (n, n - 7, n + 1) 1.0 false true false
                        Naive.ofBuffer n (n - 7) (n + 5) c)

                let inverses =
                    let a =
                        Naive.random 2 n n |> Array2D.mapi (fun i j v -> if i = j then float n else v)

                    Naive.withThreads (fun () ->
                        let buffer = Naive.toLowerBuffer n a
                        Cholesky.Factor(n, buffer.Pointer, n) |> ignore
                        let factor = Naive.ofBuffer n n n buffer |> Naive.lower
                        Cholesky.Invert(n, buffer.Pointer, n)
                        factor, Naive.ofBuffer n n n buffer |> Naive.lower)

                Law.assertHolds [
                    yield! Law.isTrue $"the product of order {n} depends on the threads" (products[0] = products[1])
                    yield!
                        Law.isTrue
                            $"the factor of order {n} depends on the threads"
                            (fst inverses[0] = fst inverses[1])
                    yield!
                        Law.isTrue
                            $"the inverse of order {n} depends on the threads"
                            (snd inverses[0] = snd inverses[1])
                ])
    ]
