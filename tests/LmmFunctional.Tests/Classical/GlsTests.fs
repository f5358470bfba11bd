/// <summary>Generalised least squares against dense formulas and against its own definitions.</summary>
module LmmFunctional.Tests.GlsTests

open Expecto
open FsCheck
open FsCheck.FSharp
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Classical

let private tolerance = 1e-9

let private random (seed: int) =
    let next = BalancedData.normals seed
    fun rows columns -> Matrix.init rows columns (fun _ _ -> next ())

let private positive seed n =
    let a = random seed n n
    Matrices.add (Matrix.multiply a (Matrix.transpose a)) (Matrix.identity n)

let private names (x: Matrix) = List.init x.Columns (fun j -> $"x{j}")

let private inverse (a: Matrix) =
    let dense =
        MathNet.Numerics.LinearAlgebra.Matrix<float>.Build.DenseOfArray(a.ToArray2D())

    Matrix.ofArray2D ((dense.Inverse()).ToArray())

let private near what expected actual =
    Law.atMost what tolerance (Matrices.distance expected actual)

// One factor of three levels with an intercept: rank 3 of 4 columns.
let private overfull =
    Matrix.init 7 4 (fun i j -> if j = 0 || j = 1 + i % 3 then 1.0 else 0.0)

[<Tests>]
let tests =
    testList "GlsTests" [
        testPropertyWithConfig (Law.tries 30) "equals the textbook formula where X has full rank" (fun (seed: int) ->
            let x, v = random seed 9 3, positive (seed + 1) 9
            let y = (random (seed + 2) 9 1).Column 0

            let gls =
                Gls.fit CovarianceScale.UpToFactor (KnownCovariance.Dense v) (names x) x y
                |> BalancedData.orRaise

            let xt, vi = Matrix.transpose x, inverse v
            let covariance = inverse (Matrices.product [ xt; vi; x ])
            let beta = Matrices.product [ covariance; xt; vi; Matrices.column y ]

            let residual =
                Matrices.add (Matrices.column y) (Matrices.scale -1.0 (Matrix.multiply x beta))

            let square = (Matrices.product [ Matrix.transpose residual; vi; residual ])[0, 0]

            Law.holds [
                yield! Law.relativeAll "β" tolerance (beta.Column 0) gls.Coefficients
                yield! near "(X'V⁻¹X)⁻¹" covariance gls.GeneralisedInverse
                // Seeds of equal size but opposite sign draw the same numbers: y may lie in the span of X.
                yield! Law.near "σ²" (tolerance * (1.0 + square)) (square / 6.0) gls.Factor
            ])

        testPropertyWithConfig
            (Law.tries 30)
            "blocks and Kronecker products are the matrices they stand for"
            (fun (seed: int) ->
                let a, b = positive seed 3, positive (seed + 1) 4
                let x = random (seed + 2) 12 3
                let y = (random (seed + 3) 12 1).Column 0

                let same form =
                    let dense = KnownCovariance.Dense(KnownCovariance.toMatrix form)

                    let fit v =
                        Gls.fit CovarianceScale.Known v (names x) x y |> BalancedData.orRaise

                    let ours, dense' = fit form, fit dense

                    [
                        yield! Law.relativeAll "β" tolerance dense'.Coefficients ours.Coefficients
                        yield! near "inverse" dense'.GeneralisedInverse ours.GeneralisedInverse
                        yield! near "VX" (KnownCovariance.multiply dense x) (KnownCovariance.multiply form x)
                    ]

                Law.holds [
                    yield! same (KnownCovariance.Kronecker(a, b))
                    yield! same (KnownCovariance.Blocks [ a; b; positive (seed + 4) 5 ])
                    yield! same (KnownCovariance.Diagonal(List.init 12 (fun i -> 1.0 + float i)))
                ])

        testPropertyWithConfig
            (Law.tries 30)
            "the selected inverse is a generalised inverse, and estimable functions do not depend on it"
            (fun (seed: int) ->
                let v = KnownCovariance.Dense(positive seed 7)
                let y = (random (seed + 1) 7 1).Column 0

                let fit x =
                    Gls.fit CovarianceScale.Known v (names x) x y |> BalancedData.orRaise

                let gls = fit overfull

                let a =
                    Matrices.product [ Matrix.transpose overfull; inverse (KnownCovariance.toMatrix v); overfull ]
                // Columns in another order: other coefficients become zero.
                let turned = Matrix.init 7 4 (fun i j -> overfull[i, 3 - j])
                let c = [ 0.0; 1.0; -1.0; 0.0 ]

                let one, other =
                    Gls.estimate gls c |> BalancedData.orRaise,
                    Gls.estimate (fit turned) (List.rev c) |> BalancedData.orRaise

                Law.holds [
                    yield! near "AGA" a (Matrices.product [ a; gls.GeneralisedInverse; a ])
                    yield!
                        near
                            "GAG"
                            gls.GeneralisedInverse
                            (Matrices.product [ gls.GeneralisedInverse; a; gls.GeneralisedInverse ])
                    yield! Law.relative "estimate" 1e-8 one.Estimate other.Estimate
                    yield! Law.relative "variance" 1e-8 one.Variance other.Variance
                    yield! Law.isTrue "dropped" (gls.Dropped = [ "x3" ] && gls.RankOfX = 3)
                ])

        testPropertyWithConfig
            (Law.tries 30)
            "ordinary least squares is never better, and as good where VX = XQ"
            (fun (seed: int) ->
                let v = KnownCovariance.Dense(positive seed 7)

                let lost =
                    OlsAgainstGls.efficiency v overfull [ 1.0; 1.0; 0.0; 0.0 ]
                    |> BalancedData.orRaise
                // Compound symmetry with the constant in X.
                let rho = 0.3

                let compound =
                    KnownCovariance.Dense(Matrix.init 7 7 (fun i j -> if i = j then 1.0 else rho))

                let kept =
                    OlsAgainstGls.efficiency compound overfull [ 0.0; 1.0; -1.0; 0.0 ]
                    |> BalancedData.orRaise

                let commuting = OlsAgainstGls.commuting compound overfull

                Law.holds [
                    yield! Law.atMost "efficiency" (1.0 + tolerance) lost.Ratio
                    yield! Law.relative "efficiency under compound symmetry" tolerance 1.0 kept.Ratio
                    yield! Law.isTrue "commutes" commuting.Holds
                    yield!
                        near "XQ" (KnownCovariance.multiply compound overfull) (Matrix.multiply overfull commuting.Q)
                    yield! Law.isTrue "does not commute" (not (OlsAgainstGls.commuting v overfull).Holds)
                ])

        testCase "a function that is not estimable" (fun () ->
            let gls =
                Gls.ols [ "μ"; "γ1"; "γ2"; "γ3" ] overfull [| 1.0 .. 7.0 |]
                |> BalancedData.orRaise

            Gls.estimate gls [ 1.0; -1.0; 0.5; 0.0 ]
            |> BalancedData.problems
            |> Texts.equal [
                "'μ − γ1 + 0.5 γ2' is not estimable: its value depends on the solution chosen; take a combination of rows of X."
            ])

        testCase "covariances that are none" (fun () ->
            let x, y = Matrices.ones 4 1, [| 1.0; 2.0; 3.0; 4.0 |]
            let bad = Matrix.ofRows [ [ 1.0; 2.0 ]; [ 2.0; 1.0 ] ]
            let skew = Matrix.ofRows [ [ 1.0; 0.2 ]; [ 0.1; 1.0 ] ]

            Gls.fit CovarianceScale.Known (KnownCovariance.Blocks [ bad; skew ]) [ "μ" ] x y
            |> BalancedData.problems
            |> Texts.equal [
                "Block 1 of the covariance matrix is not symmetric and positive definite; check its elements and their signs."
                "Block 2 of the covariance matrix is not symmetric and positive definite; check its elements and their signs."
            ])

        testCase "sizes that do not agree are a mistake" (fun () ->
            Texts.ofMistake (fun () -> Gls.ols [ "μ" ] (Matrices.ones 4 1) [| 1.0; 2.0 |])
            |> fun text -> Check.startsWith "X has 4 rows, y 2, the covariance 4; they must agree." text)

        testCase "no rows are left for σ²" (fun () ->
            Gls.ols [ "a"; "b" ] (Matrix.identity 2) [| 1.0; 2.0 |]
            |> BalancedData.problems
            |> Texts.equal [
                "2 rows cannot estimate 2 fixed effects and a residual variance; use fewer terms."
            ])
    ]
