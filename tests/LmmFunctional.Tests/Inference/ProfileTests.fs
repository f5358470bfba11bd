module LmmFunctional.Tests.ProfileTests

open LmmFunctional
open LmmFunctional.Estimation
open LmmFunctional.Analysis
open Expecto

let private ends (found: ParameterInterval) =
    [ Option.toList found.Lower; Option.toList found.Upper ] |> List.concat

let private interval target fit =
    Profile.interval 0.95 target fit |> Models.value

let private z = 1.959963984540054

let private parameterNamed (fit: Fit) (name: string) =
    match name with
    | "sigma" -> ProfileTarget.Parameter VarianceParameter.Residual
    | "sd_(Intercept)|Batch"
    | "sd_(Intercept)|Subject" -> ProfileTarget.Parameter(VarianceParameter.EffectVariance(0, 0))
    | "sd_Days|Subject" -> ProfileTarget.Parameter(VarianceParameter.EffectVariance(0, 1))
    | "cor_Days.(Intercept)|Subject" -> ProfileTarget.Parameter(VarianceParameter.EffectCovariance(0, 0, 1))
    | name when Seq.contains name fit.Design.Fixed.Names -> ProfileTarget.Coefficient name
    | name -> invalidOp $"no target is known for {name}"

let private fev structure =
    Models.reml "fev" $"FEV1 ~ ARMCD; residual = {structure}(VISITN | USUBJID)"

let private structureAt index =
    ProfileTarget.Parameter(VarianceParameter.ResidualStructure index)

[<Tests>]
let tests =
    testList "ProfileTests" [
        // Laws

        testCase "Without random effects the likelihood of a coefficient gives the exact F interval" (fun () ->
            // f(b) − f(β̂) = n log(1 + t²/(n − p)) = z² at the end.
            let fit = Models.ml "sleepstudy" "Reaction ~ Days"
            let n, p = float fit.Observations, 2.0
            let slope = fit.Coefficients[1]
            // The ML standard error has σ² with n: t² (n − p)/n.
            let t = sqrt (n * (exp (z * z / n) - 1.0))
            let found = interval (ProfileTarget.Coefficient "Days") fit

            [
                slope.Estimate - t * slope.StandardError
                slope.Estimate + t * slope.StandardError
            ]
            |> fun expected -> Law.relativeAll $"Days with p = {p}" 1e-7 expected (ends found)
            |> Law.assertHolds)

        testCase "The profile of a quadratic log likelihood is the Wald interval" (fun () ->
            // With very many degrees of freedom for σ, and no other parameter, the likelihood of a coefficient is quadratic.
            let n = 20000
            let x = Array.init n (fun i -> float (i % 7) - 3.0)
            let y = Array.init n (fun i -> 0.3 * x[i] + sin (float (i * i % 1009)))

            let frame =
                TestFrame.ofColumns [ "x", TestFrame.numbers x; "y", TestFrame.numbers y ]

            let fit =
                Lmm.fitFormula
                    {
                        FitOptions.defaults with
                            Criterion = Criterion.Ml
                    }
                    frame
                    "y ~ x"
                |> Models.value

            let wald = CovarianceInference.coefficientIntervals 0.95 fit
            let found = interval (ProfileTarget.Coefficient "x") fit
            // What is left is of the order z²/(4n).
            let width = wald[1].Upper.Value - wald[1].Lower.Value
            Law.assertHolds (Law.nearAll "x" (1e-4 * width) (ends wald[1]) (ends found)))

        testCase
            "At the ends of an interval the likelihood, maximised over the rest, has fallen by the quantile"
            (fun () ->
                let fit = Models.dyestuff.Value

                let found =
                    interval (ProfileTarget.Parameter(VarianceParameter.EffectVariance(0, 0))) fit

                let objective =
                    JointLikelihood.objective fit.Model (CoordinateCovariance.pointOf fit)

                // θ σ = sd is imposed, and σ found by golden sections.
                let best (sd: float) =
                    let at logSigma =
                        let scaled = (Refit.thetaOf fit)[0] / List.head fit.Theta
                        let theta = sd / exp logSigma * scaled

                        (objective.Evaluate
                            (System.Collections.Immutable.ImmutableArray.Create(theta, logSigma))
                            Order.Value)
                            .Value

                    let rec shrink low high steps =
                        let a, b = high - 0.618 * (high - low), low + 0.618 * (high - low)

                        if steps = 0 then at (0.5 * (low + high))
                        elif at a < at b then shrink low b (steps - 1)
                        else shrink a high (steps - 1)

                    shrink 3.0 5.0 60

                Law.assertHolds [
                    for value in ends found do
                        yield! Law.near $"rise at {value}" 1e-5 (z * z) (best value - fit.CriterionValue)
                ])

        testCase "A function that is a parameter has the parameter's interval" (fun () ->
            let fit = Models.sleepstudy.Value
            let parameter = VarianceParameter.EffectVariance(0, 1)
            let own = interval (ProfileTarget.Parameter parameter) fit

            let square =
                interval
                    (ProfileTarget.Function("variance", Some(0.0, infinity), VarianceParameters.valueOf parameter))
                    fit

            Law.assertHolds (Law.relativeAll "ends" 1e-6 (ends own) (ends square |> List.map sqrt)))

        testCase
            "A contrast of one coefficient is the coefficient, and shifting the data shifts the interval"
            (fun () ->
                let fit = Models.sleepstudy.Value
                let own = interval (ProfileTarget.Coefficient "Days") fit
                let double = interval (ProfileTarget.Contrast("twice", [ "Days", 2.0 ])) fit
                // The mean at day 9 is the intercept of another coding.
                let shifted = Models.ml "sleepstudy" "Reaction ~ I(Days - 9) + (Days | Subject)"

                let atNine =
                    interval (ProfileTarget.Contrast("day 9", [ "(Intercept)", 1.0; "Days", 9.0 ])) fit

                let intercept = interval (ProfileTarget.Coefficient "(Intercept)") shifted

                Law.assertHolds [
                    yield! Law.relativeAll "twice" 1e-7 (ends own |> List.map (fun v -> 2.0 * v)) (ends double)
                    yield! Law.relativeAll "day 9" 1e-6 (ends intercept) (ends atNine)
                ])

        testCase "A REML profile of a balanced mean is that of the between-group mean square" (fun () ->
            // Dyestuff: free of the mean there are the deviations; the profile of the mean by REML and by ML is the same function.
            let formula = "Yield ~ 1 + (1 | Batch)"

            let byMl =
                interval (ProfileTarget.Coefficient "(Intercept)") (Models.ml "dyestuff" formula)

            let byReml =
                interval (ProfileTarget.Coefficient "(Intercept)") (Models.reml "dyestuff" formula)

            Law.assertHolds (Law.relativeAll "mean" 1e-7 (ends byMl) (ends byReml)))

        testCase "The points of a curve ascend through the estimate with zeta half a unit apart" (fun () ->
            let fit = Models.dyestuff.Value

            let curve =
                Profile.curve 2.0 (ProfileTarget.Parameter(VarianceParameter.EffectVariance(0, 0))) fit
                |> Models.value

            let values = curve.Points |> List.map _.Value
            let zetas = curve.Points |> List.map _.Zeta

            Law.assertHolds [
                yield! Law.nearAll "zeta" 1e-6 [ for k in -4 .. 4 -> 0.5 * float k ] zetas
                yield! Law.isTrue $"ascending: {values}" (List.sort values = values)
                yield! Law.near "estimate" 1e-6 curve.Estimate values[4]
            ])

        testCase "A variance estimated as zero has the interval from zero, with a word" (fun () ->
            let fit = Models.ml "dyestuff2" "Yield ~ 1 + (1 | Batch)"

            let found =
                interval (ProfileTarget.Parameter(VarianceParameter.EffectVariance(0, 0))) fit

            Check.equal (Some 0.0) found.Lower

            Check.equal
                (Some "the lower end is the bound of the parameter: the likelihood does not fall far enough before it")
                found.Note
            // lme4 1.1-31, confint(profile(…)): 2.084 as far as its spline goes.
            Law.assertHolds (Law.relative "upper" 1e-3 2.084048 found.Upper.Value))

        // Golden: confint of lme4, whose splines of ζ are good to a few parts in 10⁴.

        testCase "Profile intervals are those of lme4" (fun () ->
            let cases =
                Lmer.cases ()
                |> List.filter (fun case -> not (Lmer.items "profile_ci" case.Root).IsEmpty)

            Check.equal 2 cases.Length

            Law.assertHolds [
                for case in cases do
                    let fit = Lmer.fit case

                    for item in Lmer.items "profile_ci" case.Root do
                        let name = Lmer.text "name" item |> Option.get
                        let found = interval (parameterNamed fit name) fit

                        yield!
                            Law.relativeAll
                                $"{case.Id} {name}"
                                2e-4
                                [ Lmer.number "lower" item; Lmer.number "upper" item ]
                                (ends found)
            ])

        // R 4.2, lme4 1.1-31: confint(lmer(…, REML = FALSE)); one end is the bound.
        testCase "Profile intervals of nested and crossed models are those of lme4" (fun () ->
            let pastes = Models.ml "pastes" "strength ~ 1 + (1 | batch / cask)"
            let penicillin = Models.ml "penicillin" "diameter ~ 1 + (1 | plate) + (1 | sample)"

            let all fit =
                Profile.intervals 0.95 fit |> List.collect ends

            Law.assertHolds [
                // (Intercept), batch, batch:cask, sigma.
                yield!
                    Law.nearAll
                        "pastes"
                        5e-4
                        [ 58.663650; 61.443016; 0.0; 2.946591; 2.157934; 4.053589; 0.652023; 1.085448 ]
                        (all pastes)
                yield!
                    Law.nearAll
                        "penicillin"
                        5e-4
                        [
                            21.266627
                            24.677818
                            0.633566
                            1.182104
                            1.095789
                            3.556292
                            0.485845
                            0.629453
                        ]
                        (all penicillin)
            ])

        // MixedModels.jl, profile of the sleepstudy model, in tests of the package; four digits.
        testCase "Profile intervals are those of MixedModels" (fun () ->
            let fit = Models.sleepstudy.Value
            let upper = Profile.intervals 0.95 fit |> List.map (fun found -> found.Upper.Value)
            Law.assertHolds (Law.nearAll "upper" 2.5e-3 [ 265.130; 13.576; 37.718; 8.753 ] (List.truncate 4 upper)))

        testCase "An unknown coefficient is told with a suggestion" (fun () ->
            Check.equal
                [ "Fixed effect 'days' is not in the model; did you mean 'Days'?" ]
                (Profile.interval 0.95 (ProfileTarget.Coefficient "days") Models.sleepstudy.Value
                 |> Models.words))

        // Structured residuals

        // R 4.2: uniroot on logLik(nlme::gls(FEV1 ~ ARMCD, correlation = corAR1(rho, form = ~ VISITN | USUBJID, fixed = TRUE))), REML.
        testCase "The profile interval of an autocorrelation is that of gls with the correlation held" (fun () ->
            let fit = fev "ar1"
            let found = interval (structureAt 0) fit
            Check.equal "rho" found.Name
            Law.assertHolds (Law.relativeAll "rho" 1e-5 [ 0.274369079042; 0.494343957328 ] (ends found)))

        testCase "A profile does not depend on how a parameter is written" (fun () ->
            // ρ = e^(−1/range) at equal distances; and the intraclass correlation of a random intercept.
            let rho, range =
                interval (structureAt 0) (fev "ar1"), interval (structureAt 0) (fev "sp_exp")

            let shared = interval (structureAt 0) (fev "cs")

            let icc =
                ProfileTarget.Function(
                    "icc",
                    Some(0.0, 1.0),
                    fun e -> e.Variance(0, 0) / (e.Variance(0, 0) + e.Residual)
                )

            let share = interval icc (Models.reml "fev" "FEV1 ~ ARMCD + (1 | USUBJID)")

            Law.assertHolds [
                yield! Law.relativeAll "range" 1e-5 (ends rho) (ends range |> List.map (fun r -> exp (-1.0 / r)))
                // Below, the random intercept ends at its bound; compound symmetry may be negative.
                yield! Law.relative "shared" 1e-5 share.Upper.Value shared.Upper.Value
                yield! Law.isTrue "bound" (share.Lower = Some 0.0 && shared.Lower.Value < 0.0)
            ])

        testCase "A range whose infinite limit the data allow has no upper end" (fun () ->
            // With a nugget the limit of an infinite range is a random intercept.
            let fit =
                Models.reml "orthodont" "distance ~ age; residual = sp_exp(age | Subject) + nugget"

            let limit = Models.reml "orthodont" "distance ~ age + (1 | Subject)"
            let found = interval (structureAt 0) fit
            let rise = limit.CriterionValue - fit.CriterionValue
            Law.assertHolds (Law.isTrue "the limit is within the interval" (rise > 0.0 && rise < z * z))
            Check.isTrue found.Upper.IsNone
            Check.isWithin 1.0 39.0 found.Lower.Value
            Check.equal (Some "there is no upper end: the likelihood never falls far enough") found.Note)

        testCase "The curve of a parameter of the residuals is told on its own scale" (fun () ->
            let fit = fev "ar1"
            let curve = Profile.curve 2.0 (structureAt 0) fit |> Models.value
            let values = curve.Points |> List.map _.Value

            let middle = curve.Points |> List.find (fun point -> point.Zeta = 0.0)

            Law.assertHolds [
                yield! Law.relative "estimate" 1e-10 curve.Estimate middle.Value
                yield!
                    Law.isTrue
                        "between -1 and 1, rising"
                        (List.sort values = values && List.forall (fun v -> abs v < 1.0) values)
            ])
    ]
