module LmmFunctional.Tests.CovarianceInferenceTests

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

/// −2 log likelihood of the one-way layout at (σ²_b, σ²) by its closed form, balanced with n rows a group.
let private oneWay (reml: bool) (groups: float, perGroup: float) (between: float, within: float) (b: float, e: float) =
    // between: sum of squares between groups; within: sum within.
    let total = e + perGroup * b
    let df = if reml then groups - 1.0 else groups
    let determinant = groups * (perGroup - 1.0) * log e + df * log total
    determinant + within / e + between / total

let private sums (fit: Fit) =
    let y, codes = fit.Design.Response, fit.Design.Random.Head.Codes
    let mean = Array.average y

    let groups =
        Array.zip codes y |> Array.groupBy fst |> Array.map (snd >> Array.map snd)

    let between =
        groups
        |> Array.sumBy (fun g -> float g.Length * (Array.average g - mean) ** 2.0)

    let within =
        groups
        |> Array.sumBy (fun g -> let m = Array.average g in g |> Array.sumBy (fun v -> (v - m) ** 2.0))

    (float groups.Length, float groups[0].Length), (between, within)

[<Tests>]
let tests =
    testList "CovarianceInferenceTests" [
        testCases
            "The covariance of variances is twice the inverse curvature of the balanced one-way likelihood"
            [ true; false ]
            (fun (reml) ->
                let fit =
                    Models.fit (if reml then Criterion.Reml else Criterion.Ml) "dyestuff" "Yield ~ 1 + (1 | Batch)"

                let sizes, squares = sums fit
                let b, e = (fit.RandomCovariances.Head |> snd)[0, 0], fit.Sigma ** 2.0
                // Scaled variables, because the differences' steps are near one.
                let f (x: float[]) =
                    oneWay reml sizes squares (x[0] * b, x[1] * e)

                let h = Differences.hessian f [| 1.0; 1.0 |]
                let determinant = h[0, 0] * h[1, 1] - h[0, 1] * h[0, 1]

                let found =
                    CovarianceInference.covariance Information.Observed CovarianceScale.Variance fit

                Law.assertHolds [
                    yield! Law.relative "Var(V_b)" 1e-6 (2.0 * h[1, 1] / determinant * b * b) found.Matrix[0, 0]
                    yield! Law.relative "Var(V_e)" 1e-6 (2.0 * h[0, 0] / determinant * e * e) found.Matrix[1, 1]
                    yield! Law.relative "Cov" 1e-6 (-2.0 * h[0, 1] / determinant * b * e) found.Matrix[0, 1]
                ])

        testCase "In balanced data observed, expected and average information agree" (fun () ->
            let fit = Models.sleepstudy.Value

            let diagonal information =
                (CovarianceInference.covariance information CovarianceScale.Variance fit).Matrix
                |> Matrix.diagonal

            let observed = diagonal Information.Observed

            Law.assertHolds [
                yield! Law.relativeAll "expected" 1e-7 observed (diagonal Information.Expected)
                yield! Law.relativeAll "average" 1e-7 observed (diagonal Information.Average)
            ])

        testCase "Every scale tells the same standard errors by the delta method" (fun () ->
            let fit = Models.sleepstudy.Value

            let on scale =
                CovarianceInference.covariance Information.Observed scale fit

            let variance, deviation, unbounded =
                on CovarianceScale.Variance, on CovarianceScale.Deviation, on CovarianceScale.Unbounded

            let se (found: AsymptoticCovariance) k = sqrt found.Matrix[k, k]

            Law.assertHolds [
                for k in [ 0; 1; 3 ] do
                    let sd = deviation.Values[k]
                    yield! Law.relative "variance" 1e-8 (2.0 * sd * se deviation k) (se variance k)
                    yield! Law.relative "log" 1e-8 (se deviation k / sd) (se unbounded k)

                let rho = deviation.Values[2]
                yield! Law.relative "Fisher z" 1e-8 (se deviation 2 / (1.0 - rho * rho)) (se unbounded 2)
            ])

        testCase
            "The joint objective at its optimum has the profiled value, no slope, and the information that is told"
            (fun () ->
                let fit = Models.penicillin.Value
                let point = CoordinateCovariance.pointOf fit
                let objective = JointLikelihood.objective fit.Model point
                let at = objective.Evaluate point (Order.Curvature Information.Observed)

                let told =
                    JointLikelihood.information Information.Observed fit.Model (Refit.thetaOf fit)

                Law.assertHolds [
                    yield! Law.near "value" 1e-8 fit.CriterionValue at.Value
                    yield! Law.nearAll "gradient" 1e-5 [ 0.0; 0.0; 0.0 ] at.Gradient
                    yield! Law.relativeAll "information" 1e-6 told.Values at.Curvature.Values
                ])

        testCase "The joint objective has exact derivatives away from the optimum" (fun () ->
            let fit = Models.sleepstudy.Value

            let objective =
                JointLikelihood.objective fit.Model (CoordinateCovariance.pointOf fit)

            let point = [| 0.7; 0.1; 0.3; 3.4 |]

            let value (x: float[]) =
                (objective.Evaluate (ImmutableArray.CreateRange x) Order.Value).Value

            let exact =
                objective.Evaluate (ImmutableArray.CreateRange point) (Order.Curvature Information.Observed)

            Law.assertHolds [
                yield! Law.relativeAll "gradient" 1e-8 (Differences.gradient value point) exact.Gradient
                yield! Law.relativeAll "curvature" 1e-5 (Differences.hessian value point).Values exact.Curvature.Values
            ])

        // R 4.2: the dense likelihood in (log sd, Fisher z, log σ) and its second derivatives by numDeriv 2016.8. (intervals.lme has
        // 0.30 for Fisher's z: its own differences are coarse.)
        testCase "Standard errors on the unbounded scale are those of the dense likelihood" (fun () ->
            let found =
                CovarianceInference.covariance Information.Observed CovarianceScale.Unbounded Models.sleepstudy.Value

            [ 0.234534890; 0.207644832; 0.325656162; 0.058925585 ]
            |> fun expected -> Law.relativeAll "se" 1e-6 expected (Matrix.diagonal found.Matrix |> Array.map sqrt)
            |> Law.assertHolds)

        testCase "A variance of zero has no interval and a note" (fun () ->
            let fit = Models.reml "dyestuff2" "Yield ~ 1 + (1 | Batch)"

            let found =
                CovarianceInference.intervals CovarianceIntervalMethod.Satterthwaite 0.95 fit

            Check.isTrue (found[0].Lower.IsNone)

            Check.equal
                (Some "at its bound, where curvature gives no interval; use a profile or the bootstrap")
                (found[0].Note)
            // The residual has n − 1 degrees of freedom then.
            let df = float (fit.Observations - 1)

            let endAt p =
                fit.Sigma * sqrt (df / Quantile.chiSquared df p)

            Law.assertHolds (
                Law.relativeAll "sigma" 1e-6 [ endAt 0.975; endAt 0.025 ] [
                    found[1].Lower.Value
                    found[1].Upper.Value
                ]
            ))

        testCase "A level outside (0, 1) is misuse" (fun () ->
            Models.isMisuse (fun () ->
                CovarianceInference.intervals CovarianceIntervalMethod.Wald 95.0 Models.dyestuff.Value
                |> ignore))

        testCase "Parameters of a residual structure have the standard errors of the fit" (fun () ->
            let fit =
                Models.reml "orthodont" "distance ~ age + Sex + (1 | Subject); residual = ar1(age | Subject)"

            let found =
                CovarianceInference.covariance Information.Observed CovarianceScale.Deviation fit

            let sigma = fit.CovarianceParameters |> List.find (fun own -> own.Name = "sigma")

            Law.relative "sigma" 1e-5 sigma.StandardError.Value (sqrt found.Matrix[1, 1])
            |> Law.assertHolds)

        // Structured residuals

        // R 4.2: intervals(nlme::gls(FEV1 ~ ARMCD, correlation = corAR1(form = ~ VISITN | USUBJID)), which = "var-cov"); its second derivatives
        // are differences.
        testCase "Wald intervals of an autocorrelation and of sigma are those of gls" (fun () ->
            let found =
                Models.reml "fev" "FEV1 ~ ARMCD; residual = ar1(VISITN | USUBJID)"
                |> CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95

            Check.equal [ "sigma"; "rho" ] (found |> List.map _.Name)

            let ends (interval: ParameterInterval) = [ interval.Lower.Value; interval.Upper.Value ]

            Law.assertHolds [
                yield! Law.relativeAll "sigma" 1e-3 [ 8.60176953689; 9.81530193625 ] (ends found[0])
                yield! Law.relativeAll "rho" 1e-3 [ 0.275233819423; 0.494472935825 ] (ends found[1])
            ])

        testCases
            "Wald intervals are symmetric on the scale of their kind"
            [
                "fev", "FEV1 ~ ARMCD; residual = arh1(VISITN | USUBJID)", "log log log z"
                "fev", "FEV1 ~ ARMCD; residual = toeph(VISITN | USUBJID)", "log log log z z z"
                "bodyweight", "weight ~ Time * Diet; residual = sp_exp(Time | Rat) + nugget", "log logit"
                "orthodont", "distance ~ age; residual = sp_exp(age | Subject) + nugget", "log logit"
            ]
            (fun (data: string, model: string, scales: string) ->
                let fit = Models.reml data model

                let found =
                    CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 fit
                    |> List.filter (fun own -> own.Name <> "sigma")

                let parameters =
                    fit.CovarianceParameters |> List.filter (fun own -> own.Name <> "sigma")

                Check.equal (parameters |> List.map _.Name) (found |> List.map _.Name)

                Law.assertHolds [
                    for parameter, interval, scale in List.zip3 parameters found (List.ofArray (scales.Split ' ')) do
                        let forth, slope =
                            match scale with
                            | "log" -> log, 1.0 / parameter.Estimate
                            | "z" -> System.Math.Atanh, 1.0 / (1.0 - parameter.Estimate ** 2.0)
                            | _ ->
                                (fun p -> log (p / (1.0 - p))), 1.0 / (parameter.Estimate * (1.0 - parameter.Estimate))

                        let reach = 1.959963984540054 * slope * parameter.StandardError.Value
                        let center = forth parameter.Estimate

                        yield!
                            Law.near
                                $"{parameter.Name} lower"
                                (1e-4 * reach)
                                (center - reach)
                                (forth interval.Lower.Value)

                        yield!
                            Law.near
                                $"{parameter.Name} upper"
                                (1e-4 * reach)
                                (center + reach)
                                (forth interval.Upper.Value)
                ])

        testCase "A nugget of zero has no Wald interval, and a profile with one end" (fun () ->
            let fit =
                Models.reml "fev" "FEV1 ~ ARMCD; residual = sp_exp(VISITN | USUBJID) + nugget"

            let wald =
                CovarianceInference.intervals CovarianceIntervalMethod.Wald 0.95 fit
                |> List.find (fun own -> own.Name = "nugget")

            let profile =
                Profile.interval 0.95 (ProfileTarget.Parameter(VarianceParameter.ResidualStructure 1)) fit
                |> Models.value

            Check.equal (None, None) (wald.Lower, wald.Upper)

            Check.equal
                (Some "so near the end of its region that curvature gives no interval; use a profile or the bootstrap")
                wald.Note

            Check.equal (Some 0.0) profile.Lower

            Check.equal
                (Some "the lower end is the bound of the parameter: the likelihood does not fall far enough before it")
                profile.Note
            // At the end the likelihood, maximised over the rest, has fallen by the quantile.
            Law.assertHolds (Law.isTrue "upper" (profile.Upper.Value > 0.05 && profile.Upper.Value < 0.5)))
    ]
