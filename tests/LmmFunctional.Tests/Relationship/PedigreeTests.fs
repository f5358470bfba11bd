/// <summary>Pedigrees: order, relationships by Henderson's rules against the tabular method, and what can be wrong.</summary>
module LmmFunctional.Tests.PedigreeTests

open System
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Estimation

let private config = { Law.config with maxTest = 60 }

let private describe result =
    match result with
    | Ok _ -> []
    | Error problems -> problems |> List.map LmmError.describe

[<Tests>]
let tests =
    testList "PedigreeTests" [
        testPropertyWithConfig config "parents come before their offspring, and every animal is there once" (fun seed ->
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
            ])

        testPropertyWithConfig config "the inverse of Henderson's rules is A of the tabular method" (fun seed ->
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
                    Law.nearAll
                        "A times A⁻¹"
                        1e-9
                        ((Matrix<float>.Build.DenseIdentity pedigree.Count).Enumerate())
                        identity
                yield! Law.near "log|A⁻¹|" 1e-8 (-(dense.Cholesky().DeterminantLn)) precision.LogDeterminant
                yield! Law.nearAll "the diagonal" 1e-12 (dense.Diagonal().Enumerate()) precision.Variances
            ])

        testPropertyWithConfig config "a product with the sparse inverse undoes a product with A" (fun seed ->
            let precision = HendersonInverse.create (RandomPedigree.make seed 25)
            let random = Random(seed: int)
            let x = Array.init precision.Count (fun _ -> random.NextDouble() - 0.5)
            let image = Array.copy x
            precision.Solve image
            SparsePrecision.multiply precision image
            Law.holds (Law.nearAll "x" 1e-12 x image))

        testCase "numbers name animals as they do in data" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "calf", TestFrame.numbers [ 100000.0; 4.0; 5.0; 6.0 ]
                    "sire", TestFrame.numbers [ 1.0; 1.0; 4.0; 5.0 ]
                    "dam", TestFrame.numbers [ 2.0; 0.0; 100000.0; 2.0 ]
                ]

            match Pedigree.ofFrame frame with
            | Ok pedigree ->
                Check.equal "1 2 100000 4 5 6" (String.concat " " pedigree.Animals)
                Check.equal "6 animals, 2 founders" (string pedigree)
                let struct (inbreeding, _) = Inbreeding.create pedigree
                Check.equal [| 0.0; 0.0; 0.0; 0.0; 0.125; 0.125 |] inbreeding
            | Error problems -> failtest (string problems))

        testCase "a loop is named" (fun () ->
            let rows = [ "a", "b", ""; "b", "x", "c"; "c", "a", "y"; "d", "d", "" ]

            Check.equal
                [
                    "The pedigree has a loop, an animal that is its own ancestor: 'a' <- 'b' <- 'c' <- 'a'; correct one of these parents."
                    "The pedigree has a loop, an animal that is its own ancestor: 'd' <- 'd'; correct one of these parents."
                ]
                (describe (Pedigree.ofRows rows)))

        testCase "all other problems are told at once" (fun () ->
            let rows = [ "a", "", ""; "", "a", ""; "b", "a", "0"; "a", "b", "" ]

            Check.equal
                [
                    "The pedigree has no animal in row 2; name it, for only parents may be unknown."
                    "The pedigree has animal 'a' in rows 1, 4; keep one of them."
                    "The pedigree has a loop, an animal that is its own ancestor: 'a' <- 'b' <- 'a'; correct one of these parents."
                ]
                (describe (Pedigree.ofRows rows))

            Check.equal
                [
                    "The pedigree has 1 column where animal, sire and dam are needed, in this order."
                ]
                (describe (Pedigree.ofFrame (TestFrame.ofColumns [ "a", TestFrame.numbers [ 1.0 ] ]))))
    ]
