namespace LmmFunctional.Tests

open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Classical

/// <summary>Balanced designs and balanced data for laws.</summary>
[<RequireQualifiedAccess>]
module BalancedData =

    /// A deterministic source of normal deviates.
    let normals (seed: int) =
        let random = System.Random seed
        fun () -> MathNet.Numerics.Distributions.Normal.Sample(random, 0.0, 1.0)

    // What may be put together: every set of terms is closed under taking away a live factor.
    let private closed = [
        "A"
        "A+B"
        "A*B"
        "A/B"
        "A*B*C"
        "A*B+C"
        "A/B/C"
        "C*(A/B)"
        "A*B+A:B:C"
        "A+B+C"
        "A*B+A*C"
        "A*B*C*D"
        "A/B/C/D"
        "(A*B)/C"
        "(A/B)*(C/D)"
        "D*(A/B/C)"
        "A*B*(C/D)"
        "A*B*C+D"
        "(A*B*C)/D"
        "A*B+C*D"
    ]

    /// Balanced designs of up to four factors, fixed or random, crossed or nested.
    let designs: Gen<string * string list * (string * int) list * int> =
        gen {
            let! text = Gen.elements closed
            let names = [ "A"; "B"; "C"; "D" ] |> List.filter text.Contains
            let! random = Gen.subListOf names
            let! levels = Gen.listOfLength names.Length (Gen.choose (2, 3))
            let! replicates = Gen.choose (2, 3)
            return text, List.ofSeq random, List.zip names levels, replicates
        }

    let parse (text, random, levels, replicates) =
        match BalancedDesign.parse text random levels replicates with
        | Ok design -> design
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    /// Normal data of a random nest or crossing: the sizes are of factors a and b and of the replicates.
    let frame isNested (a, b, n) (sdA, sdB) seed =
        let next = normals seed
        let effectA = Array.init a (fun _ -> sdA * next ())
        let effectB = Array.init (if isNested then a * b else b) (fun _ -> sdB * next ())

        let rows = [|
            for i in 0 .. a - 1 do
                for j in 0 .. b - 1 do
                    for _ in 1..n -> i, (if isNested then i * b + j else j)
        |]

        TestFrame.ofColumns [
            "y",
            rows
            |> Array.map (fun (i, j) -> 10.0 + effectA[i] + effectB[j] + next ())
            |> TestFrame.numbers
            "a", rows |> Array.map (fun (i, _) -> $"a{i:D2}") |> TestFrame.texts
            "b", rows |> Array.map (fun (_, j) -> $"b{j % b}") |> TestFrame.texts
        ]

    let orRaise result =
        match result with
        | Ok value -> value
        | Error problems -> invalidOp (problems |> List.map LmmError.describe |> String.concat "; ")

    let problems result =
        match result with
        | Ok _ -> []
        | Error problems -> problems |> List.map LmmError.describe
