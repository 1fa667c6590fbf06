from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0006_distributions'),
    ]

    operations = [
        migrations.AlterField(
            model_name='message',
            name='subject',
            field=models.CharField(choices=[('alert', 'Alert'), ('digest', 'Digest'), ('budget', 'Budget'), ('test', 'Test')], default='alert', max_length=6),
        ),
    ]
