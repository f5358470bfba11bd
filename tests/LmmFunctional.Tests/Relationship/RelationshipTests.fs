/// <summary>Known matrices: the same from every source, of any rank, and what can be wrong with them.</summary>
module LmmFunctional.Tests.RelationshipTests

open System
open System.IO
open MathNet.Numerics.LinearAlgebra
open Expecto
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation

let private ok result =
    match result with
    | Ok value -> value
    | Error problems -> raise (InvalidOperationException(string (List.map LmmError.describe problems)))

let private describe result =
    match result with
    | Ok _ -> []
    | Error problems -> problems |> List.map LmmError.describe

let private ofText (text: string) =
    use reader = new StringReader(text)

    Csv.parse "matrix.csv" reader
    |> Result.bind (RelationshipTable.ofFrame "matrix.csv")

let private near what tolerance (expected: Matrix<float>) relationship =
    Law.nearAll what tolerance (expected.Enumerate()) ((DenseRelationship.create relationship).Enumerate())

let private cases: (string * string list) list = [
    "a,b\n1,0.5\n0.4,1\n",
    [
        "matrix.csv is not symmetric: element ('a', 'b') is 0.5, its mirror image 0.4."
    ]
    "a,b\n1,2\n2,1\n",
    [
        "matrix.csv is not positive semidefinite, so it is no covariance matrix; check its elements."
    ]
    "a,b\n0,0.1\n0.1,0\n",
    [
        "matrix.csv is not positive semidefinite, so it is no covariance matrix; check its elements."
    ]
    "row,column,inverse\na,a,1\na,b,1\nb,b,1\n",
    [
        "matrix.csv is not positive definite; an inverse of a covariance matrix must be: check its elements."
    ]
    "a,b,c\n1,0,0\n0,1,0\n", [ "matrix.csv has 2 rows and 2 columns, but '1' is not a level of both." ]
    "name,a,b\na,1,0\nc,0,1\n", [ "matrix.csv has 2 rows and 2 columns, but 'c' is not a level of both." ]
    "a,b\n1,\n,1\n",
    [
        "matrix.csv lacks a value in row 2; give every element."
        "matrix.csv lacks a value in row 1; give every element."
    ]
    "row,column,value\na,a,1\na,b,0.2\nb,a,0.3\nb,b,1\n",
    [
        "matrix.csv gives element ('b', 'a') twice with different values; keep one of them."
    ]
    "row,column,value\na,a,x\n",
    [
        "Column 'value' is text, but matrix.csv needs numbers; make the column numeric."
    ]
]

[<Tests>]
let tests =
    testList "RelationshipTests" [
        testPropertyWithConfig (Law.tries 40) "a semidefinite matrix of any rank is what its factor gives" (fun seed ->
            let random = Random(seed: int)
            let n = 2 + random.Next 12
            let rank = 1 + random.Next n
            let b = Matrix<float>.Build.Dense(n, rank, fun _ _ -> random.NextDouble() - 0.5)
            let a = b * b.Transpose()
            let levels = List.init n string

            let relationship =
                Relationship.ofMatrix levels (Matrix.ofArray2D (a.ToArray())) |> ok

            Law.holds [
                yield! near "A" 1e-9 a relationship
                yield!
                    Law.near
                        "the mean variance"
                        1e-12
                        (Seq.average (a.Diagonal().Enumerate()))
                        relationship.MeanVariance
            ])

        testPropertyWithConfig (Law.tries 40) "elements, sparse inverse and pedigree give the same matrix" (fun seed ->
            let pedigree = RandomPedigree.make seed 15
            let a = Matrix<float>.Build.DenseOfArray(RandomPedigree.tabular pedigree)
            let inverse = a.Inverse()
            let names = pedigree.Animals

            let listed (m: Matrix<float>) = [
                for i in 0 .. names.Length - 1 do
                    for j in 0..i do
                        if abs m[i, j] > 1e-12 then
                            names[i], names[j], m[i, j]
            ]

            let ofElements = Relationship.ofElements (listed a) |> ok
            let ofInverse = Relationship.ofInverse (listed inverse) |> ok

            Law.holds [
                yield!
                    Law.isTrue
                        "levels"
                        (Seq.forall2 (=) names ofElements.Levels
                         && Seq.forall2 (=) names ofInverse.Levels)
                yield! Law.isTrue "forms" (ofInverse.IsSparse && not ofElements.IsSparse)
                yield! near "by elements" 1e-9 a ofElements
                yield! near "by the inverse" 1e-9 a ofInverse
                yield! near "by the pedigree" 1e-9 a (Relationship.ofPedigree pedigree)
                yield!
                    Law.near "the mean variance" 1e-9 (Seq.average (a.Diagonal().Enumerate())) ofInverse.MeanVariance
            ])

        testCase "tables are read in all their forms" (fun () ->
            let expected =
                Matrix<float>.Build.DenseOfArray(array2D [ [ 2.0; 0.5 ]; [ 0.5; 1.0 ] ])

            for text in
                [
                    "a,b\n2,0.5\n0.5,1\n"
                    "name,a,b\na,2,0.5\nb,0.5,1\n"
                    "name,a,b\nb,0.5,1\na,2,0.5\n"
                    "\"\",\"a\",\"b\"\n\"a\",2,0.5\n\"b\",0.5,1\n"
                    "row,column,value\na,a,2\na,b,0.5\nb,b,1\n"
                    "Row,Column,Value\na,a,2\nb,a,0.5\na,b,0.5\nb,b,1\n"
                ] do
                let relationship = ok (ofText text)
                Check.equal "ab" (String.concat "" relationship.Levels)
                Law.assertHolds (near text 1e-14 expected relationship)

            let inverse = ok (ofText "row,column,inverse\na,a,2\na,b,0.5\nb,b,1\n")
            Law.assertHolds (near "the inverse" 1e-14 (expected.Inverse()) inverse)
            Check.equal "2 levels, sparse inverse of 1 elements" (string inverse)
            Check.equal "2 levels, dense of rank 1" (string (ok (ofText "a,b\n1,1\n1,1\n"))))

        testCase "what is wrong is told in words" (fun () ->
            for text, expected in cases do
                Check.equal expected (describe (ofText text)))
    ]
