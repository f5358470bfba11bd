namespace LmmFunctional.Tests

open System
open NUnit.Framework
open LmmFunctional.Numerics

/// Eigenvalues and eigenvectors give the matrix back.
[<TestFixture>]
type SymmetricEigenTests() =

    static let decompose n (a: float[]) =
        SymmetricEigen.Decompose(n, Array.copy a)

    [<FsCheck.NUnit.Property>]
    member _.``V E V' is the matrix, V is orthogonal, and eigenvalues ascend``(seed: int, size: int, rank: int) =
        let n = 1 + abs (size % 12)
        let used = max 1 (abs (rank % n))
        let random = Random seed
        let part = Array.init (n * n) (fun _ -> random.NextDouble() - 0.5)

        let sign =
            Array.init n (fun k ->
                if k >= used then 0.0
                elif random.Next 3 = 0 then -1.0
                else 1.0)

        let a =
            Array.init (n * n) (fun index ->
                let i, j = index % n, index / n
                Seq.init n (fun k -> sign[k] * part[i + k * n] * part[j + k * n]) |> Seq.sum)

        let struct (values, vectors) = decompose n a

        for i in 0 .. n - 1 do
            for j in 0 .. n - 1 do
                let sum f = Seq.init n f |> Seq.sum
                let back = sum (fun k -> values[k] * vectors[i + k * n] * vectors[j + k * n])
                let dot = sum (fun k -> vectors[k + i * n] * vectors[k + j * n])
                Assert.That(back, Is.EqualTo(a[i + j * n]).Within(1e-13 * float n), $"element {i}, {j}")
                Assert.That(dot, Is.EqualTo(if i = j then 1.0 else 0.0).Within(1e-13), $"vectors {i} and {j}")

        Assert.That(values, Is.Ordered)

    [<Test>]
    member _.``A diagonal matrix is its own answer``() =
        let struct (values, vectors) = decompose 2 [| 3.0; 0.0; 0.0; -1.0 |]
        Assert.That(values, Is.EqualTo<float[]> [| -1.0; 3.0 |])
        Assert.That(vectors, Is.EqualTo<float[]> [| 0.0; 1.0; 1.0; 0.0 |])

    [<Test>]
    member _.``A matrix that is not finite comes back``() =
        let struct (values, _) = decompose 2 [| nan; 0.0; 0.0; 1.0 |]
        Assert.That(values.Length, Is.EqualTo 2)
