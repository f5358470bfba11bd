namespace LmmFunctional.Tests

open System
open MathNet.Numerics.LinearAlgebra
open NUnit.Framework
open FsCheck.NUnit
open LmmFunctional

/// <summary>Pedigrees: order, relationships by Henderson's rules against the tabular method, and what can be wrong.</summary>
[<TestFixture; Properties(MaxTest = 60)>]
module PedigreeTests =

    let private describe result =
        match result with
        | Ok _ -> []
        | Error problems -> problems |> List.map LmmError.describe

    [<Property>]
    let ``parents come before their offspring, and every animal is there once`` seed =
        let rows = RandomPedigree.rows (Random(seed: int)) 30
        let pedigree = RandomPedigree.make seed 30

        let names =
            rows
            |> Seq.collect (fun (a, b, c) -> [ a; b; c ])
            |> Seq.filter ((<>) "")
            |> Set.ofSeq

        Law.holds [
            yield! Law.isTrue "other animals" (Set.ofSeq pedigree.Animals = names && pedigree.Count = names.Count)

            for i in 0 .. pedigree.Count - 1 do
                yield! Law.isTrue $"animal {i} before its parents" (max pedigree.Sires[i] pedigree.Dams[i] < i)

            for animal, sire, dam in rows do
                let place name = pedigree.Animals.IndexOf name
                yield! Law.isTrue $"sire of {animal}" (pedigree.Sires[place animal] = place sire)
                yield! Law.isTrue $"dam of {animal}" (pedigree.Dams[place animal] = place dam)
        ]

    [<Property>]
    let ``the inverse of Henderson's rules is A of the tabular method`` seed =
        let pedigree = RandomPedigree.make seed 40
        let a = RandomPedigree.tabular pedigree
        let dense = Matrix<float>.Build.DenseOfArray a
        let struct (inbreeding, _) = Inbreeding.create pedigree
        let precision = HendersonInverse.create pedigree
        let found = DenseRelationship.create (Relationship.ofPedigree pedigree)

        let q = Matrix<float>.Build.Dense(precision.Count, precision.Count)

        for i in 0 .. precision.Count - 1 do
            q[i, i] <- precision.Diagonal[i]

            for k in precision.Starts[i] .. precision.Starts[i + 1] - 1 do
                q[i, precision.Columns[k]] <- precision.Values[k]
                q[precision.Columns[k], i] <- precision.Values[k]

        let identity = (dense * q).Enumerate()

        Law.holds [
            yield! Law.nearAll "F" 1e-12 (Seq.init pedigree.Count (fun i -> a[i, i] - 1.0)) inbreeding
            yield! Law.nearAll "A" 1e-10 (dense.Enumerate()) (found.Enumerate())
            yield!
                Law.nearAll "A times A⁻¹" 1e-9 ((Matrix<float>.Build.DenseIdentity pedigree.Count).Enumerate()) identity
            yield! Law.near "log|A⁻¹|" 1e-8 (-(dense.Cholesky().DeterminantLn)) precision.LogDeterminant
            yield! Law.nearAll "the diagonal" 1e-12 (dense.Diagonal().Enumerate()) precision.Variances
        ]

    [<Property>]
    let ``a product with the sparse inverse undoes a product with A`` seed =
        let precision = HendersonInverse.create (RandomPedigree.make seed 25)
        let random = Random(seed: int)
        let x = Array.init precision.Count (fun _ -> random.NextDouble() - 0.5)
        let image = Array.copy x
        precision.Solve image
        SparsePrecision.multiply precision image
        Law.holds (Law.nearAll "x" 1e-12 x image)

    [<Test>]
    let ``numbers name animals as they do in data`` () =
        let frame =
            TestFrame.ofColumns [
                "calf", TestFrame.numbers [ 100000.0; 4.0; 5.0; 6.0 ]
                "sire", TestFrame.numbers [ 1.0; 1.0; 4.0; 5.0 ]
                "dam", TestFrame.numbers [ 2.0; 0.0; 100000.0; 2.0 ]
            ]

        match Pedigree.ofFrame frame with
        | Ok pedigree ->
            Assert.That(String.concat " " pedigree.Animals, Is.EqualTo "1 2 100000 4 5 6")
            Assert.That(string pedigree, Is.EqualTo "6 animals, 2 founders")
            let struct (inbreeding, _) = Inbreeding.create pedigree
            TestFrame.same [| 0.0; 0.0; 0.0; 0.0; 0.125; 0.125 |] inbreeding
        | Error problems -> Assert.Fail(string problems)

    [<Test>]
    let ``a loop is named`` () =
        let rows = [ "a", "b", ""; "b", "x", "c"; "c", "a", "y"; "d", "d", "" ]

        TestFrame.same
            [
                "The pedigree has a loop, an animal that is its own ancestor: 'a' <- 'b' <- 'c' <- 'a'; correct one of these parents."
                "The pedigree has a loop, an animal that is its own ancestor: 'd' <- 'd'; correct one of these parents."
            ]
            (describe (Pedigree.ofRows rows))

    [<Test>]
    let ``all other problems are told at once`` () =
        let rows = [ "a", "", ""; "", "a", ""; "b", "a", "0"; "a", "b", "" ]

        TestFrame.same
            [
                "The pedigree has no animal in row 2; name it, for only parents may be unknown."
                "The pedigree has animal 'a' in rows 1, 4; keep one of them."
                "The pedigree has a loop, an animal that is its own ancestor: 'a' <- 'b' <- 'a'; correct one of these parents."
            ]
            (describe (Pedigree.ofRows rows))

        TestFrame.same
            [
                "The pedigree has 1 column where animal, sire and dam are needed, in this order."
            ]
            (describe (Pedigree.ofFrame (TestFrame.ofColumns [ "a", TestFrame.numbers [ 1.0 ] ])))
