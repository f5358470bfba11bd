module LmmFunctional.Tests.RobustCovarianceTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open MathNet.Numerics.LinearAlgebra
open Expecto

let private kinds = [ RobustKind.Cr0; RobustKind.Cr1; RobustKind.Cr2; RobustKind.Cr3 ]

let private robust kind cluster fit =
    RobustCovariance.create kind cluster fit |> Models.value

// Rows are left out, so that clusters and casks differ in size.
let private unbalanced =
    lazy
        (let gone = set [ 3; 7; 8; 20; 31; 32; 33 ]

         let frame =
             TestFrame.read "pastes"
             |> Frame.filter (fun row -> not (gone.Contains(row + 1)))
             |> Models.value

         Lmm.fitFormula FitOptions.defaults frame "strength ~ cask + (1 | batch / cask)"
         |> Models.value)

/// Everything with n×n matrices, as it is written down in the papers.
let private dense kind (residual: int -> int -> float) (codes: int[]) (fit: Fit) =
    let n, p = fit.Observations, fit.FixedCount
    let x = Matrix<float>.Build.Dense(n, p, fun i j -> fit.Design.Fixed.Matrix[i, j])

    let v =
        Matrix<float>
            .Build.Dense(
                n,
                n,
                fun a b ->
                    let random =
                        Seq.zip fit.Design.Random fit.RandomCovariances
                        |> Seq.sumBy (fun (term, (_, g)) ->
                            if term.Codes[a] = term.Codes[b] then
                                Seq.allPairs [ 0 .. g.Rows - 1 ] [ 0 .. g.Rows - 1 ]
                                |> Seq.sumBy (fun (i, j) -> term.Columns[i][a] * g[i, j] * term.Columns[j][b])
                            else
                                0.0)

                    random + residual a b
            )

    let w = v.Inverse()
    let m = (x.Transpose() * w * x).Inverse()
    let y = Vector<float>.Build.Dense fit.Design.Response
    let hat = x * m * x.Transpose() * w
    let residual = y - hat * y
    let identity = Matrix<float>.Build.DenseIdentity n
    let annihilator = identity - hat

    let clusters =
        codes |> Array.indexed |> Array.groupBy snd |> Array.map (snd >> Array.map fst)

    let count = float clusters.Length

    let rows (own: int[]) (a: Matrix<float>) =
        Matrix<float>.Build.Dense(own.Length, a.ColumnCount, fun i j -> a[own[i], j])

    let block (own: int[]) (a: Matrix<float>) =
        Matrix<float>.Build.Dense(own.Length, own.Length, fun i j -> a[own[i], own[j]])

    let power (a: Matrix<float>) exponent =
        let e = a.Evd Symmetricity.Symmetric

        e.EigenVectors
        * Matrix<float>.Build.DiagonalOfDiagonalVector(e.EigenValues.Real().Map(fun d -> d ** exponent))
        * e.EigenVectors.Transpose()

    let adjust own =
        match kind with
        | RobustKind.Cr0 -> Matrix<float>.Build.DenseIdentity(Array.length own)
        | RobustKind.Cr1 -> Matrix<float>.Build.DenseIdentity(own.Length) * sqrt (count / (count - 1.0))
        | RobustKind.Cr2 ->
            let d = (block own v).Cholesky().Factor.Transpose()
            let inner = rows own annihilator * v * (rows own annihilator).Transpose()
            d.Transpose() * power (d * inner * d.Transpose()) -0.5 * d
        | RobustKind.Cr3 -> (block own annihilator).Inverse()

    let scores =
        clusters
        |> Array.map (fun own -> (rows own (w * x)).Transpose() * adjust own, own)

    let meat =
        scores
        |> Array.map (fun (a, own) ->
            let s = a * Vector<float>.Build.Dense(own.Length, fun i -> residual[own[i]])
            s.OuterProduct s)
        |> Array.reduce (+)

    let df (c: Vector<float>) =
        let columns =
            scores
            |> Array.map (fun (a, own) -> (rows own annihilator).Transpose() * (a.Transpose() * (m * c)))

        let product =
            Matrix<float>.Build.Dense(columns.Length, columns.Length, fun i j -> columns[i] * (v * columns[j]))

        product.Trace() ** 2.0 / (product.PointwiseMultiply product).RowSums().Sum()

    m * meat * m, df

let private fev structure =
    Models.reml "fev" $"FEV1 ~ ARMCD; residual = {structure}(VISITN | USUBJID)"

let private weightedFev structure =
    let spec =
        Formula.parse $"FEV1 ~ ARMCD; residual = {structure}(VISITN | USUBJID)"
        |> Models.value
        |> LmmSpec.withWeights "WEIGHT"

    Lmm.fit FitOptions.defaults (TestFrame.read "fev") spec |> Models.value

let private armError fit =
    let found = robust RobustKind.Cr0 "USUBJID" fit
    Check.equal 195 found.ClusterDf
    sqrt found.Matrix[1, 1]

[<Tests>]
let tests =
    testList "RobustCovarianceTests" [
        // R 4.2, clubSandwich: coef_test(vcovCR(m, cluster = batch, type), test = "Satterthwaite") on lme4's fit of the rows kept.
        testCase "Standard errors and degrees of freedom are those of clubSandwich" (fun () ->
            let golden = [
                RobustKind.Cr0, [ 0.9763444882; 1.293234273; 1.279468864 ], [ 7.267792936; 8.031583901; 8.033786419 ]
                RobustKind.Cr1, [ 1.029157455; 1.363188617; 1.348678602 ], [ 7.267792936; 8.031583901; 8.033786419 ]
                RobustKind.Cr2, [ 1.042968597; 1.374611826; 1.36055702 ], [ 7.261133859; 8.013369531; 8.016263856 ]
                RobustKind.Cr3, [ 1.114266064; 1.462383425; 1.447791596 ], [ 7.253895575; 7.995869738; 7.999413133 ]
            ]

            Law.assertHolds [
                for kind, errors, df in golden do
                    let found =
                        RobustCovariance.coefficients 0.95 (robust kind "batch" unbalanced.Value)

                    yield! Law.relativeAll $"{kind} se" 2e-5 errors (found |> List.map _.StandardError)
                    yield! Law.relativeAll $"{kind} df" 2e-5 df (found |> List.map _.Df)
            ])

        testCase "The covariance is that of the dense formulas" (fun () ->
            // Ten subjects of both sexes.
            let frame =
                TestFrame.read "orthodont"
                |> Frame.filter (fun row -> row >= 44 && row < 84)
                |> Models.value

            let fit =
                Lmm.fitFormula FitOptions.defaults frame "distance ~ I(age - 11) * Sex + (I(age - 11) | Subject)"
                |> Models.value

            let codes = fit.Design.Random.Head.Codes
            let residual a b = if a = b then fit.Sigma ** 2.0 else 0.0

            Law.assertHolds [
                for kind in kinds do
                    let expected, df = dense kind residual codes fit
                    let found = robust kind "Subject" fit
                    yield! Law.relativeAll $"{kind}" 1e-7 (expected.ToColumnMajorArray()) found.Matrix.Values

                    for contrast in [ [ 1.0; 0.0; 0.0; 0.0 ]; [ 0.0; 1.0; 0.0; 0.5 ] ] do
                        yield!
                            Law.relative
                                $"{kind} df"
                                1e-7
                                (df (Vector<float>.Build.DenseOfEnumerable contrast))
                                (RobustCovariance.df contrast found)
            ])

        testCase "CR1 is CR0 times m over m − 1" (fun () ->
            let fit = Models.sleepstudy.Value
            let a, b = robust RobustKind.Cr0 "Subject" fit, robust RobustKind.Cr1 "Subject" fit
            Check.equal 18 a.ClusterCount

            Law.assertHolds (
                Law.relativeAll "CR1" 1e-12 (a.Matrix.Values |> Array.map (fun v -> v * 18.0 / 17.0)) b.Matrix.Values
            ))

        testCase "In a balanced design CR2 of the mean is the variance of the cluster means" (fun () ->
            let fit = Models.reml "dyestuff" "Yield ~ 1 + (1 | Batch)"
            let y, codes = fit.Design.Response, fit.Design.Random.Head.Codes

            let means =
                Array.zip codes y |> Array.groupBy fst |> Array.map (snd >> Array.averageBy snd)

            let center = Array.average means
            let expected = (means |> Array.sumBy (fun v -> (v - center) ** 2.0)) / 5.0 / 6.0
            let found = robust RobustKind.Cr2 "Batch" fit

            Law.assertHolds [
                yield! Law.relative "variance" 1e-9 expected found.Matrix[0, 0]
                yield! Law.relative "df" 1e-9 5.0 (RobustCovariance.df [ 1.0 ] found)
            ])

        testCase "Clusters that are not independent are refused in words" (fun () ->
            let fit = Models.penicillin.Value

            Check.equal
                [
                    "Clusters of 'plate' are not independent: levels of 'sample' occur in several of them; "
                    + "use a coarser cluster that holds each level of 'sample' whole."
                ]
                (RobustCovariance.create RobustKind.Cr2 "plate" fit |> Models.words)

            Check.equal
                [
                    "'dish' is neither a factor of the model nor a column of the data; "
                    + "clusters can be those of plate, sample, or of a column that holds their levels whole."
                ]
                (RobustCovariance.create RobustKind.Cr2 "dish" fit |> Models.words))

        testCase "A model with independent rows takes the clusters of any column, and says so" (fun () ->
            let fit = Models.ml "sleepstudy" "Reaction ~ Days"

            Check.equal
                [
                    "'Subjects' is not a column of the data; clusters can be those of any column, for the model has independent rows."
                ]
                (RobustCovariance.create RobustKind.Cr2 "Subjects" fit |> Models.words)

            // Balanced: the variance of the mean of the 18 slopes, of which two directions of X take nothing.
            let slopes =
                Array.zip3 fit.Design.Response (fit.Design.Fixed.Matrix.Column 1) [| 0..179 |]
                |> Array.chunkBySize 10
                |> Array.map (Array.sumBy (fun (y, x, _) -> y * (x - 4.5)) >> fun sum -> sum / 82.5)

            let center = Array.average slopes
            let expected = (slopes |> Array.sumBy (fun v -> (v - center) ** 2.0)) / 17.0 / 18.0
            let found = robust RobustKind.Cr2 "Subject" fit
            Law.assertHolds (Law.relative "variance" 1e-9 expected found.Matrix[1, 1]))

        testCase "A cluster that is missing is told" (fun () ->
            let frame =
                TestFrame.ofColumns [
                    "y", TestFrame.numbers [| 1.0; 2.0; 4.0; 3.0; 6.0; 5.0 |]
                    "g", TestFrame.texts [ "a"; "a"; ""; "b"; "b"; "b" ]
                ]

            let fit = Lmm.fitFormula FitOptions.defaults frame "y ~ 1" |> Models.value

            Check.equal
                [
                    "Column 'g' is missing in 1 row of the fit, whose cluster is unknown; fill it in or fit without these rows."
                ]
                (RobustCovariance.create RobustKind.Cr0 "g" fit |> Models.words))

        testCase "Held variances are refused in words" (fun () ->
            let fit =
                Lmm.fitFormula
                    {
                        FitOptions.defaults with
                            Held = Map [ "Residual", 900.0 ]
                    }
                    (TestFrame.read "sleepstudy")
                    "Reaction ~ Days + (Days | Subject)"
                |> Models.value

            Check.equal
                [
                    "A robust covariance needs unrelated levels and no held variances; fit the model without them."
                ]
                (RobustCovariance.create RobustKind.Cr2 "Subject" fit |> Models.words)

            Check.equal
                [
                    "R² needs unrelated levels and no held variances; fit the model without them."
                ]
                (RSquared.ofFit fit |> Models.words))

        testCase "One cluster, and a model without subjects, are refused in words" (fun () ->
            let fit = Models.reml "wheat2" "yield ~ 1; residual = sp_exp(latitude + longitude)"

            Check.equal
                [
                    "'all rows' makes one cluster of all rows; a robust covariance needs several that are independent of each other."
                ]
                (RobustCovariance.ofSubjects RobustKind.Cr1 fit |> Models.words)

            Check.equal
                [
                    "Clusters of 'Block' are not independent: levels of 'all rows' occur in several of them; "
                    + "use a coarser cluster that holds each level of 'all rows' whole."
                ]
                (RobustCovariance.create RobustKind.Cr1 "Block" fit |> Models.words)

            Check.equal
                [
                    "A robust covariance needs clusters, and the rows of this model are independent; name a column of the data."
                ]
                (Models.ml "sleepstudy" "Reaction ~ Days"
                 |> RobustCovariance.ofSubjects RobustKind.Cr1
                 |> Models.words))

        // Structured residuals

        // SAS PROC MIXED, option EMPIRICAL: mmrm design/Robust, shared/reference/published.md 3.5. SAS stops up to 1.3e-5 deviance units above
        // the optimum in all rows but AR(1) and CS.
        testCases
            "CR0 of structured residuals is SAS's empirical covariance"
            [
                "us", 0.63959860090712, 2e-4
                "ad1", 0.64461343431037, 2e-4
                "csh", 0.67851405488729, 2e-4
                "toeph", 0.68088497850656, 2e-4
                "arh1", 0.67973236317634, 2e-4
                "cs", 0.79354667955483, 1e-6
                "toep", 0.87390988854018, 2e-4
                "ar1", 0.82581291651503, 1e-6
            ]
            (fun (structure, expected, tolerance) ->
                Law.assertHolds (Law.relative structure tolerance expected (armError (fev structure))))

        testCases
            "CR0 of weighted rows is SAS's"
            [
                "ar1", 0.9766083014759, 1e-6
                "cs", 0.90291936438319, 1e-6
                "ad1", 0.73422273273261, 2e-4
                "csh", 0.76200584549261, 2e-4
                "arh1", 0.77913503559498, 2e-4
            ]
            (fun (structure, expected, tolerance) ->
                Law.assertHolds (Law.relative structure tolerance expected (armError (weightedFev structure))))

        testCase "The covariance beside structured residuals is that of the dense formulas" (fun () ->
            let frame =
                TestFrame.read "orthodont"
                |> Frame.filter (fun row -> row >= 40 && row < 83)
                |> Models.value

            let fit =
                Lmm.fitFormula
                    FitOptions.defaults
                    frame
                    "distance ~ age * Sex + (1 | Subject); residual = ar1(age | Subject)"
                |> Models.value

            let codes = fit.Design.Random.Head.Codes
            let visits = fit.Design.Residual.Value.Factors.Head.Position

            let rho =
                (fit.CovarianceParameters |> List.find (fun own -> own.Name = "rho")).Estimate

            let residual a b =
                if codes[a] = codes[b] then
                    fit.Sigma ** 2.0 * rho ** float (abs (visits[a] - visits[b]))
                else
                    0.0

            Law.assertHolds [
                for kind in kinds do
                    let expected, df = dense kind residual codes fit
                    let found = RobustCovariance.ofSubjects kind fit |> Models.value
                    yield! Law.relativeAll $"{kind}" 1e-7 (expected.ToColumnMajorArray()) found.Matrix.Values

                    let contrast = [ 0.0; 1.0; 0.0; 0.5 ]

                    yield!
                        Law.relative
                            $"{kind} df"
                            1e-7
                            (df (Vector<float>.Build.DenseOfEnumerable contrast))
                            (RobustCovariance.df contrast found)
            ])

        testCase "Compound symmetry and a random intercept have the same robust covariances" (fun () ->
            let structured = fev "cs"
            let random = Models.reml "fev" "FEV1 ~ ARMCD + (1 | USUBJID)"

            Law.assertHolds [
                for kind in kinds do
                    let a, b = robust kind "USUBJID" structured, robust kind "USUBJID" random
                    yield! Law.relativeAll $"{kind}" 1e-6 b.Matrix.Values a.Matrix.Values

                    yield!
                        Law.relative
                            $"{kind} df"
                            1e-6
                            (RobustCovariance.df [ 0.0; 1.0 ] b)
                            (RobustCovariance.df [ 0.0; 1.0 ] a)
            ])

        // R 4.2, clubSandwich on nlme::gls(FEV1 ~ ARMCD, correlation = corAR1(form = ~ VISITN | USUBJID)): coef_test(vcovCR(m, type = …,
        // cluster = …), test = "Satterthwaite"); the last two with cluster = RACE.
        testCase "Corrections and degrees of freedom of structured residuals are those of clubSandwich" (fun () ->
            let golden = [
                RobustKind.Cr0, "USUBJID", [ 0.525993666528; 0.825812968682 ], [ 98.6464826969; 184.6754534796 ]
                RobustKind.Cr1, "USUBJID", [ 0.527333779952; 0.827916954178 ], [ 98.6464826969; 184.6754534796 ]
                RobustKind.Cr2, "USUBJID", [ 0.528495890833; 0.830079332493 ], [ 98.571734655; 184.526065293 ]
                RobustKind.Cr3, "USUBJID", [ 0.531155946844; 0.834653404836 ], [ 98.4966664253; 184.3759304420 ]
                RobustKind.Cr0, "RACE", [ 1.110618992544; 0.621044994278 ], [ 1.87166348831; 1.97284458299 ]
                RobustKind.Cr2, "RACE", [ 1.312124887335; 0.830746581401 ], [ 1.77792949241; 1.95347897982 ]
            ]

            let fit = fev "ar1"

            Law.assertHolds [
                for kind, cluster, errors, df in golden do
                    let found = RobustCovariance.coefficients 0.95 (robust kind cluster fit)
                    yield! Law.relativeAll $"{kind} {cluster} se" 2e-6 errors (found |> List.map _.StandardError)
                    yield! Law.relativeAll $"{kind} {cluster} df" 2e-6 df (found |> List.map _.Df)
            ])
    ]
