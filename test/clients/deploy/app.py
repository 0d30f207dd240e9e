"""What deploy.test.ts has Chalice deploy; the component beside it is what runs."""

from chalice import Chalice

app = Chalice(app_name="pilot")


@app.lambda_function(name="echo")
def echo(event, context):
    return event
